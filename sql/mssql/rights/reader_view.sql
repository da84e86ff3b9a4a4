-- What cobra's users need to ask one view of an optional part. Placeholders: view.
GRANT SELECT ON $view TO relay_reader
