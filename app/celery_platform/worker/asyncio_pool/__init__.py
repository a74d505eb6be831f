"""The pool `asyncio`: `async def` tasks on an event loop, hundreds at a time, beside plain tasks in threads."""
