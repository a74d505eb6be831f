"""kombu's SQS transport with fewer HTTP calls: deletes and sends in batches of ten, polls that ask for as many."""
