"""Sentences for what only the command line meets: refusals of its own, and why files wait in quarantine.

Other errors have their sentence in `ui/reasons.py`. docs/errors.md lists all codes; a test compares.
"""

from __future__ import annotations

from types import MappingProxyType

from mobility_app.hq.intake import model
from mobility_app.ui.names import N_

# InvalidValue.reason
VALUE = MappingProxyType(
    {
        "backup_exists": N_("This file is there already. Choose another name for the backup."),
        "hq_runs": N_("Headquarters is running. Stop it first, then restore."),
        "no_key": N_("hq.key is not in this folder. Put the copy that you kept there: no device believes another key."),
        "not_a_backup": N_("This file is no backup of a headquarters, or it is damaged."),
        "ambiguous": N_("Several have this name. Rename one of them first."),
        "name_taken": N_("This name is taken. Choose another."),
        "blob_settings": N_(
            "This is no setting for files. See blobs.toml, the MOBILITY_BLOBS variables and --blobs-bucket NAME."
        ),
        "database_password": N_(
            "No password on the command line: everybody on this machine could read it. Put it into database.toml."
        ),
        "database_settings": N_(
            "This is no address of a database. It begins with postgresql://. See database.toml and MOBILITY_DATABASE."
        ),
        "lease_settings": N_(
            "The days of a device's lease lie between 7 and 90. See lease.toml and MOBILITY_LEASE_DAYS."
        ),
        "database_taken": N_("This database holds a headquarters already. Name an empty one."),
        "nothing_to_move": N_(
            "There is nothing to move: it goes from hq.db in the folder to a server: mobility hq move --to postgresql://HOST/NAME"
        ),
        "database_unfit": N_("This database can't be used: it needs PostgreSQL 13 or newer and the encoding UTF8."),
        "no_driver": N_("PostgreSQL needs one more library: pip install 'mobility[postgres]'"),
        "server_backup": N_(
            "This headquarters' database is on a PostgreSQL server. Back it up with pg_dump and put it back with "
            "pg_restore, then say so: mobility hq restore"
        ),
        "itself": N_("A customer can't be made one with itself."),
        "other_company": N_("Customers of two companies can't be made one."),
        "mail_sender": N_("Mail needs the address that it comes from: --mail-from office@company.example"),
        "mail_settings": N_(
            "This is no mail setting. See mail.toml, the MOBILITY_SMTP variables and --smtp HOST:PORT."
        ),
        "needed_for_csv": N_("These CSV files name no seller. Say --company NAME, or --create-parties to make one."),
        "not_empty": N_("This headquarters holds data already. Choose another --folder for the demo."),
    }
)

# Unfit.reason: why a file, or an order of a CSV folder, waits.
INTAKE = MappingProxyType(
    {
        model.EMPTY: N_("the file is empty"),
        model.TOO_LARGE: N_("too large"),
        model.TOO_DEEP: N_("nested too deeply"),
        model.TOO_MANY_ELEMENTS: N_("too many elements"),
        model.TOO_MANY_LINES: N_("too many lines"),
        model.NOT_XML: N_("no XML"),
        model.BROKEN_XML: N_("broken XML"),
        model.DTD: N_("XML with a document type, which no invoice needs"),
        model.ENTITY: N_("XML with entities, which no invoice needs"),
        model.BROKEN_PDF: N_("broken PDF"),
        model.ENCRYPTED_PDF: N_("PDF with a password"),
        model.NO_INVOICE_IN_PDF: N_("no invoice inside the PDF"),
        model.BROKEN_CSV: N_("broken CSV"),
        model.UNKNOWN_FORMAT: N_("no format that is known here"),
        model.UNKNOWN_TYPE: N_("neither an invoice nor a credit note"),
        model.UNKNOWN_CURRENCY: N_("unknown currency"),
        model.MIXED_CURRENCIES: N_("amounts in several currencies"),
        model.MISSING_FIELD: N_("something is missing"),
        model.BAD_VALUE: N_("a value can't be right"),
        model.WRONG_TOTALS: N_("the totals don't add up"),
        model.UNKNOWN_SELLER: N_("unknown seller; --create-parties makes a company of it"),
        model.NUMBER_TAKEN: N_("this seller's number belongs to another document"),
        model.EXCLUSIVE_PRODUCT: N_("a product that may only be billed to another customer"),
        model.UNREADABLE: N_("the file can't be read"),
    }
)
