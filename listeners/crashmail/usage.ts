export const USAGE = `herald-crashmail: one mail for every program that ends unexpectedly or cannot be started.

It is an event listener of heraldd or supervisord:

  [eventlistener:crashmail]
  command=herald-crashmail --to ops@example.org --smtp-host mail.example.org:587
  events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL

What to mail about
  -p, --program GLOB       only programs like this, as name or group:name; may be given again
  -a, --all                all programs (default)
      --backoff            each failed start, too (events=...,PROCESS_STATE_BACKOFF)
      --lines N            last lines of stdout and of stderr in the mail (20; 0: none)

Whom to send it to, and how it looks
  -m, --to ADDRESS         may be given again
      --from ADDRESS       default: crashmail@ this host
  -o, --subject-prefix S   stands before the subject

How to send it: one of
  -s, --sendmail CMD       a program that reads the mail (/usr/sbin/sendmail -t -i)
      --smtp-host HOST[:PORT]
      --smtp-security S    starttls (default; refuses servers without it), tls, or none
Names and passwords come from the environment: CRASHMAIL_SMTP_USER, and CRASHMAIL_SMTP_PASSWORD or
CRASHMAIL_SMTP_PASSWORD_FILE.

      --timeout S          seconds to hand a mail over (30)
      --test               sends one test mail now; exit status 0 when it was taken
  -h, --help

Of superlance's crashmail, all options work here: --email, --any, --optionalheader, --sendmail_program.
`;
