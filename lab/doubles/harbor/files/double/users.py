"""The admin's account."""

from __future__ import annotations

from . import passwords, records
from .accounts import account, admin
from .records import now
from .web import Answer, Refusal, Request


def current(request: Request) -> Answer:
    """GET /users/current."""
    known = account(request)
    if known is None:
        raise Refusal(401, "unauthorized")
    if not known.is_admin:
        raise Refusal(412, "get current user not available for security context: robot")
    ((created, updated),) = records.query("SELECT created, updated FROM users WHERE id = 1")
    shown = {
        "admin_role_in_auth": False,
        "comment": "admin user",
        "creation_time": created,
        "realname": "system admin",
        "sysadmin_flag": True,
        "update_time": updated,
        "user_id": 1,
        "username": "admin",
    }
    return Answer(body=shown)


def change_password(request: Request) -> Answer:
    """PUT /users/1/password."""
    admin(request)
    told = request.json()
    old, new = str(told.get("old_password", "")), str(told.get("new_password", ""))
    ((stored,),) = records.query("SELECT password FROM users WHERE id = 1")
    if not passwords.matches(old, stored):
        raise Refusal(403, "Current password is incorrect")
    if passwords.matches(new, stored):
        raise Refusal(400, "New password is identical to old password")
    if not passwords.is_good(new):
        raise Refusal(400, f"the password or secret {passwords.RULE}")
    set_password(new)
    return Answer()


def set_password(password: str) -> None:
    """Store the admin's password."""
    where = "UPDATE users SET password = ?, updated = ? WHERE id = 1"
    records.query(where, passwords.hashed(password), now())
