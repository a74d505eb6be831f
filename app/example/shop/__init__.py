"""The example application: thumbnails of photographs, payments of orders, e-mails, metrics, a daily report."""
