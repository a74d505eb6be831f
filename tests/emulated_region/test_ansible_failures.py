"""The lines that `make up` shows after a failure of Ansible."""

from emulated_region.ansible_failures import failures

# Output of ansible-core 2.19 with the settings of ansible.cfg.
SAID = r"""
TASK [celery_worker : Ask first] ***********************************************
Saturday 28 November 2026  11:44:01 +0000 (0:00:00.055)       0:00:00.055 *****
[ERROR]: Task failed: Module failed: non-zero return code
Origin: /ansible/workers.yml:7:11
fatal: [cpu-1]: FAILED! => {"changed": false, "msg": "non-zero return code", "stderr": "never mind"}
...ignoring

TASK [celery_worker : Start the workers] ***************************************
failed: [cpu-1] (item=1) => {"changed": false, "item": 1, "msg": "Unable to start service celery-worker@cpu-1"}

TASK [celery_app : Run it] *****************************************************
fatal: [cpu-2]: FAILED! => {"cmd": ["x"], "msg": "non-zero return code", "rc": 1, "stderr": "", "stdout": "no table"}
fatal: [cpu-3]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}

RUNNING HANDLER [celery_beat : Restart beat] ***********************************
fatal: [cpu-4]: FAILED! =>
    changed: false
    msg: no beat

PLAY RECAP *********************************************************************
cpu-1                      : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=1    ignored=1
"""


def test_each_failed_task_is_shown_with_its_host_and_message() -> None:
    assert failures(SAID) == [
        "celery_worker : Start the workers, cpu-1 (item=1): Unable to start service celery-worker@cpu-1",
        "celery_app : Run it, cpu-2: non-zero return code\nno table",
        "celery_app : Run it, cpu-3: no route to host",
        "celery_beat : Restart beat, cpu-4: changed: false\n    msg: no beat",
    ]


def test_what_the_play_ignores_is_no_failure() -> None:
    assert "never mind" not in "".join(failures(SAID))


def test_an_end_before_the_first_task_has_none() -> None:
    assert failures("[ERROR]: couldn't resolve the inventory\n") == []
