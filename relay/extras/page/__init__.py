"""Knows the page: what people without a shell look at in a browser, and decide there.

An optional part with a process of its own (`relay page`), also while no relay runs. It reads by
what the commands read by (`relay.admin`), and acts by the same audited code (`relay.admin.repair`).
Look first into `site`, where its routes stand, and `visit`, which every request passes.
"""
