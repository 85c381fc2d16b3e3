"""Why something was not taken: a sentence for each reason code of the rules, the write door, HQ and the network.

Each says what is wrong and what to do. `{name}` stands for the field. Looked up through `Words.error` and
`Words.reason`; a code without a sentence here gets a general one, and a test lists the codes in use.
"""

from __future__ import annotations

from types import MappingProxyType

from mobility_app.ui.names import N_

# Of a value: InvalidValue.reason, and the reasons of HQ's verdict on a field.
VALUE = MappingProxyType(
    {
        "required": N_("Fill in this field."),
        "too_long": N_("This text is too long. Shorten it."),
        "too_short": N_("This is too short. Make it longer."),
        "too_large": N_("This number is too large."),
        "too_many": N_("These are too many entries. Remove some."),
        "too_precise": N_("This amount has too many decimal places for its currency."),
        "negative": N_("This can't be negative. Enter 0 or more."),
        "bad_characters": N_("This text holds characters that can't be kept. Type it again without them."),
        "not_text": N_("Enter a text."),
        "not_a_whole_number": N_("Enter a whole number."),
        "not_an_amount": N_("Enter an amount, such as 1,250.00."),
        "not_a_rate": N_("Enter a percentage, such as 15."),
        "not_a_decimal": N_("Enter a number."),
        "not_a_flag": N_("Choose yes or no."),
        "not_a_day": N_("Enter a date."),
        "not_an_instant": N_("Enter a date and a time."),
        "no_time_zone": N_("Enter a date and a time."),
        "not_a_choice": N_("Choose one of the list."),
        "not_an_id": N_("Choose one of the list."),
        "not_ids": N_("Choose from the list."),
        "not_a_value": N_("This value can't be kept."),
        "not_a_currency": N_("This currency is not known. Choose one of the list."),
        "not_a_country": N_("This country is not known. Choose one of the list."),
        "not_a_language": N_("This language is not known. Choose one of the list."),
        "not_a_website": N_("This is no web address. It starts with http:// or https://."),
        "not_an_email": N_("This is no e-mail address. It looks like name@company.com."),
        "not_a_month": N_("Enter a month from 1 to 12."),
        "not_a_percent": N_("Enter a number from 0 to 100."),
        "not_a_territory": N_("This territory belongs to another company. Choose one of the customer's company."),
        "not_a_ledger_account": N_("This does not look like the ledger accounts of this company. Check it."),
        "not_a_pattern": N_("This pattern can't be used. Choose a simpler one."),
        "changed_meanwhile": N_("This was changed meanwhile. Choose which value stays, then save again."),
        "in_use": N_("This is already in use. Choose another one."),
        "number_unknown": N_("No customer here has this number. Leave the number out to make a new one."),
        "name_there": N_("A customer of this name is there already. Give its number or identifier."),
        "line_twice": N_("An earlier line is about the same customer."),
        "both_or_none": N_("Enter latitude and longitude, or leave both empty."),
        "one_of_two": N_("Choose a person or a contact."),
        "ends_before_start": N_("The end lies before the start. Change one of them."),
        "wrong_length": N_("This identifier has the wrong number of digits. Check it, or give a reason to keep it."),
        "wrong_characters": N_("This identifier holds characters that its kind does not have. Check it."),
        "wrong_check_digit": N_(
            "The check digit does not fit: a digit is wrong or two are swapped. Check it, or give a reason to keep it."
        ),
        "unknown_field": N_("This version of the program does not know this field. Update the program."),
        "unknown_entity": N_("This version of the program does not know this kind of record. Update the program."),
    }
)

# Of an act: NotAllowed.reason, and HQ's verdict on a whole change.
ACT = MappingProxyType(
    {
        "forbidden": N_("Your role may not do this. Ask the office."),
        "out_of_reach": N_("This customer is outside your territory. Ask the office."),
        "hq_owned": N_("Only the office changes this."),
        "immutable": N_("This can't be changed any more."),
        "has_dependents": N_("Something that hangs on this can't be deleted, so it stays."),
        "together": N_("Another part of the same change was refused, so this one was too."),
        "invalid": N_("The office did not take this value. Correct it and save again."),
        "row_deleted": N_("This was deleted at the office meanwhile."),
        "changed_since": N_("Somebody changed this meanwhile, so it was not deleted. Look at it and delete it again."),
        "not_found": N_("This is not there for you any more: it was deleted or given to another territory."),
        "left_unsaved": N_(
            "The customer went to another territory before this was saved. What you typed is kept here."
        ),
        "parent_missing": N_("What this hangs on was deleted at the office meanwhile."),
        "exclusive_product": N_("This product may only be billed to another customer."),
        "set_aside": N_("The office could not read this change and set it aside. Tell the office."),
        "reason_missing": N_("This request is closed. Reopen it with a reason."),
        "id_taken": N_("A record with this number is already there."),
        "unknown_kind": N_("This version of the program is not known at the office. Update the program."),
    }
)

# Of a file: FileRefused.reason.
FILE = MappingProxyType(
    {
        "too_large": N_("This file is larger than 500 MB. Choose a smaller one."),
        "unreadable": N_("This file can't be read. Check that it still exists."),
        "not_here": N_("This file is not on this device yet. Get it on its row."),
        "already_there": N_("The same file is already attached to this customer."),
        "no_picture": N_("This picture can't be shown here. Download it and open it in another program."),
        "no_folder": N_("This folder can't be made or written. Choose another one."),
        "too_many_folders": N_("There are 200 watched folders already. Turn one off first."),
    }
)

# Of bytes that travel: what `transfer.problem` holds.
TRAVEL = MappingProxyType(
    {
        "failed": N_("the server had a problem, it is tried again"),
        "busy": N_("the server is busy, it is tried again"),
        "hq_disk_full": N_("the server has no room left"),
        "disk_full": N_("the disk of this device is full"),
        "no_room": N_("the room for files on this device is used up"),
        "damaged": N_("the file on this device is damaged"),
        "wrong_bytes": N_("it arrived damaged, it is tried again"),
        "bytes_missing": N_("the device that holds it has not sent it"),
        "not_found": N_("it is not there for you any more"),
    }
)

# Of the way to HQ: Unreachable.reason and Refused.reason, as `Status.problem` holds them.
NETWORK = MappingProxyType(
    {
        "network": N_("The server did not answer. Check the network."),
        "cut": N_("The server did not answer. Check the network."),
        "stalled": N_("The server did not answer. Check the network."),
        "portal": N_("Another page answered in place of the server. Open a browser and log in to this network."),
        "busy": N_("The server is busy."),
        "database": N_("The server's database does not answer."),
        "put_back": N_(
            "This headquarters' database is older than what devices were told. Bring the newer one back, or stop headquarters "
            "and begin a new life: mobility hq restore"
        ),
        "failed": N_("The server had a problem. Tell the office if it stays."),
        # Of files and snapshots on the way: the next round begins them anew.
        "bytes_missing": N_("The server had a problem. Tell the office if it stays."),
        "no_plan": N_("The server had a problem. Tell the office if it stays."),
        "no_snapshot": N_("The server had a problem. Tell the office if it stays."),
        "pieces_missing": N_("The server had a problem. Tell the office if it stays."),
        "wrong_bytes": N_("The server had a problem. Tell the office if it stays."),
        "wrong_piece": N_("The server had a problem. Tell the office if it stays."),
        "not_found": N_("This was deleted meanwhile."),
        "revoked": N_("This device was blocked by the office. Ask the office."),
        "revoked_salvage": N_(
            "This device hands over what it had not sent. Then its data are deleted. Ask the office."
        ),
        "revoked_wipe": N_("The office ordered this device to delete its data."),
        "user_gone": N_("Your account was closed by the office. Ask the office."),
        "bad_signature": N_("The server does not know this device. Ask the office to enrol it again."),
        "wrong_code": N_("This enrolment code is wrong or was used before. Ask the office for a new one."),
        "another_user": N_("This code is for another person. Ask the office for one of yours."),
        "already_enrolled": N_("This device is already enrolled."),
        "seq_reuse": N_("Another copy of this device has synced. Ask the office to enrol it again."),
        "gap": N_("The server misses changes of this device. They are sent again."),
        "hq_disk_full": N_("The server has no room left. Tell the office."),
        "not_enrolled": N_("This device is not enrolled. Ask the office for an enrolment code."),
        "invalid_message": N_("The server did not understand this version of the program. Update the program."),
        "malformed": N_("The server did not understand this version of the program. Update the program."),
        "encoding": N_("The server did not understand this version of the program. Update the program."),
        "media_type": N_("The server did not understand this version of the program. Update the program."),
        "too_old": N_(
            "This version of the program is too old for the office. Update it: what you did is kept and is sent then."
        ),
        "too_new": N_(
            "The office still has an older version of the program. What you do is kept and is sent after its update."
        ),
        "hq_older": N_(
            "The office still has an older version of the program. What you do is kept and is sent after its update."
        ),
        "no_such_address": N_("This address is no server of this program. Check it with the office."),
        "too_large": N_("This is more than the server takes at once."),
    }
)

# Of the device: MobilityError.code of classes without a reason.
CODE = MappingProxyType(
    {
        "not_found": N_("This was deleted meanwhile."),
        "sheet_in_edit": N_("Finish editing to add files."),
        "unattributed": N_("This could not be saved. Restart the program and tell the office."),
        "wrong_passphrase": N_("This passphrase is wrong. Check capitals and the keyboard language."),
        "key_file_damaged": N_("The key file is damaged. Put back a copy of the device's folder, or ask the office."),
        "store_damaged": N_("The data on this device can't be read. Put back a copy, or ask the office."),
        "store_too_new": N_("This data was written by a newer version. Update the program."),
        "disk_full": N_("The disk is full. Nothing was saved. Free some space and save again."),
        "not_enrolled": N_("This device is not enrolled. Ask the office for an enrolment code."),
        "locked": N_("Locked. Enter your passphrase."),
        "error": N_("That did not work. Nothing was changed. Try again."),
    }
)

GENERAL = N_("The office did not take this ({reason}).")
