"""A role that writes a message of the day."""

from textwrap import dedent

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step

ROLE = "ansible/roles/motd"
INTERFACES = "pytest tests/ansible/test_role_interfaces.py -k motd"


def write(checkout: Checkout, name: str, text: str) -> None:
    file = checkout.folder / ROLE / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))


def describe_options(checkout: Checkout, option: str = "description: What people read at login.") -> None:
    write(checkout, "meta/argument_specs.yml", f"""\
        argument_specs:
          main:
            short_description: Greet who logs in
            options:
              motd_text:
                type: str
                default: Welcome
                {option}
        """)  # fmt: skip


def describe_no_option(checkout: Checkout) -> None:
    describe_options(checkout, option="required: false")


def give_defaults(checkout: Checkout) -> None:
    write(checkout, "defaults/main.yml", "motd_text: Welcome\n")


def give_another_default(checkout: Checkout) -> None:
    write(checkout, "defaults/main.yml", "motd_text: Hello\n")


def write_tasks(checkout: Checkout, tags: str = "tags: [configure]") -> None:
    write(checkout, "tasks/main.yml", f"""\
        - name: Write the message of the day
          {tags}
          ansible.builtin.copy:
            content: "{{{{ motd_text }}}}\\n"
            dest: /etc/motd
            owner: root
            group: root
            mode: "0644"
        """)  # fmt: skip


def write_tasks_without_a_tag(checkout: Checkout) -> None:
    write_tasks(checkout, tags="become: true")


def write_a_scenario(checkout: Checkout) -> None:
    write(checkout, "molecule/default/molecule.yml", """\
        driver: {name: podman}
        platforms:
          - name: molecule-motd-1
            image: ${HOST_IMAGE:-localhost/celery-platform-host:latest}
            pre_build_image: true
            command: /sbin/init
            systemd: always
        provisioner: {name: ansible, env: {ANSIBLE_ROLES_PATH: ../../..}}
        verifier: {name: testinfra}
        scenario:
          test_sequence: [destroy, create, check, converge, idempotence, check, verify, destroy]
        """)  # fmt: skip
    write(checkout, "molecule/default/converge.yml", """\
        - name: Converge
          hosts: all
          gather_facts: false
          roles:
            - role: motd
        """)  # fmt: skip
    write(checkout, "molecule/default/tests/test_motd.py", '''\
        """The message is there."""

        from testinfra.host import Host


        def test_the_message(host: Host) -> None:
            assert host.file("/etc/motd").content_string == "Welcome\\n"
        ''')  # fmt: skip


def write_a_readme(checkout: Checkout) -> None:
    write(checkout, "README.md", "# motd\n\nWrites the message of the day. Try it: `make molecule ROLE=motd`.\n")


RECIPE = Recipe(
    "Add an Ansible role",
    (
        Step(describe_options, INTERFACES, r"test_every_variable_is_described\[motd\]", instead=describe_no_option),
        Step(give_defaults, INTERFACES, r"'Welcome'.*'Hello'", instead=give_another_default),
        Step(
            write_tasks, "pytest tests/ansible/test_tags.py -k motd", r"motd : Write the message of the day",
            instead=write_tasks_without_a_tag,
        ),
        Step(write_a_scenario, INTERFACES, r"no scenario applies the role: write motd/molecule/default"),
        Step(write_a_readme, INTERFACES, r"test_role_has_a_readme\[motd\]"),
    ),
)  # fmt: skip
