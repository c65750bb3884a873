"""The services of a call center over the API of the database: an example for docs/services.md. Each service is a process:

    call_center.py import CAMPAIGN < contacts.json
    call_center.py dialer | webhooks | mailer | consumer | jobs

Any of them may be killed at any moment and started again, and of each but `webhooks` several may run.
"""

import json
import os
import select
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
from psycopg.rows import dict_row

# How long a service has for what it has claimed, how old a call is when the provider is asked about it, and the pauses.
LEASE = os.environ.get("LEASE", "5 minutes")
STALE_AFTER = os.environ.get("STALE_AFTER", "30 minutes")
PAUSE = int(os.environ.get("PAUSE_MS", "5000")) / 1000

# Threads may share a connection of psycopg 3: it runs their statements one after the other.
connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row)


def query(sql, *values):
    while True:
        try:
            cursor = connection.execute(sql, values)
            return cursor.fetchall()
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            pass  # The same statement can succeed now.


def send(path, body=None, method="POST"):
    data = None if body is None else json.dumps(body, default=str).encode()
    request = urllib.request.Request(os.environ["PROVIDER_URL"] + path, data, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def import_contacts(campaign):
    verdicts = query(
        "select verdict, count(*) from voicesurvey.import_contacts(%s, %s) group by verdict",
        campaign,
        sys.stdin.read(),
    )
    missing = query("select missing, explanation from voicesurvey.start_campaign(%s)", campaign)
    print(json.dumps({"verdicts": verdicts, "missing": missing}))


def dialer():
    """Claims calls, and then dials them."""
    with ThreadPoolExecutor(10) as executor:
        while True:
            calls = query("select call_id, phone_number, outbound_number, language from voicesurvey.claim_calls(10)")
            list(executor.map(dial, calls))
            if not calls:
                time.sleep(PAUSE)


def dial(call):
    placed = send(
        "/calls",
        {
            "reference": call["call_id"],
            "to": call["phone_number"],
            "from": call["outbound_number"],
            "language": call["language"],
        },
    )
    query("select * from voicesurvey.record_provider_call(%s, %s)", call["call_id"], placed["id"])


class Webhooks(BaseHTTPRequestHandler):
    """Receives the reports of telephony and dialogue, in any order and any number of times."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            report(json.loads(body))
            self.send_response(204)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # The database refuses the report, and would refuse it again. The job asks the provider about the call.
            print(f"refused: {error.diag.constraint_name}", file=sys.stderr)
            self.send_response(422)
        self.end_headers()

    def log_message(self, *_):
        pass


def report(known):
    call, at = known["call"], known["at"]
    if known["type"] == "answered":
        query("select * from voicesurvey.record_answered(%s, %s)", call, at)
    if known["type"] == "hang_up":
        query("select * from voicesurvey.record_hang_up(%s, %s)", call, at)
    if known["type"] == "result":
        query(
            "select * from voicesurvey.finish_call(%s, %s, %s, %s)", call, known["outcome"], at, known.get("answers")
        )


def webhooks():
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Webhooks).serve_forever()


def mailer():
    while True:
        emails = query(
            """select notification_id, to_email, subject, body_html, body_text, sends_count
               from voicesurvey.claim_emails(20, %s)""",
            LEASE,
        )
        for email in emails:
            notification = email.pop("notification_id")
            try:
                sent = send("/emails", {"key": notification, **email})
            except OSError as error:
                query("select voicesurvey.email_failed(%s, %s)", notification, str(error))
            else:
                query("select voicesurvey.email_sent(%s, %s)", notification, sent["id"])
        if not emails:
            time.sleep(PAUSE)


def consumer():
    """Passes events to the CRM when a notification arrives, and also after a pause, for events that are due again."""
    notifications = []
    connection.add_notify_handler(notifications.append)
    connection.execute("listen voicesurvey_events")
    while True:
        notifications.clear()
        events = query("select * from voicesurvey.claim_events('crm', 20, %s)", LEASE)
        for event in events:
            try:
                send("/crm", event)
            except OSError as error:
                query("select voicesurvey.event_failed('crm', %s, %s)", event["event_id"], str(error))
            else:
                query("select voicesurvey.event_delivered('crm', %s)", event["event_id"])
        if not events and not notifications:
            select.select([connection], [], [], PAUSE)


def jobs():
    """The jobs of docs/services.md. A real service runs each as often as that page says."""
    while True:
        for stale in query("select call_id from voicesurvey.stale_calls(%s)", STALE_AFTER):
            known = send(f"/calls/{stale['call_id']}", method="GET")
            if known is None:
                query("select * from voicesurvey.close_stale_call(%s)", stale["call_id"])
            elif known["type"] != "in_progress":
                report(known)
        query("select * from voicesurvey.complete_finished_campaigns()")
        while any(query("select * from voicesurvey.purge_expired()")[0].values()):
            pass
        for recording in query("select provider_call_id from voicesurvey.expired_recordings(100, %s)", LEASE):
            send(f"/recordings/{recording['provider_call_id']}", method="DELETE")
            query("select voicesurvey.recording_deleted(%s)", recording["provider_call_id"])
        time.sleep(PAUSE)


services = {"dialer": dialer, "webhooks": webhooks, "mailer": mailer, "consumer": consumer, "jobs": jobs}
if sys.argv[1] == "import":
    import_contacts(sys.argv[2])
else:
    services[sys.argv[1]]()
