# METADATA
# title: Tests of commands
package policy.lib.commands_test

import data.policy.lib.commands

_words(line) := commands.words(commands.spelled(line))

_destroys_nothing(line) if commands.destroys_nothing(commands.spelled(line), _words(line))

_names_no_secret(line) if commands.names_no_secret(commands.spelled(line), _words(line))

test_words_are_taken_apart_as_a_shell_does_or_finer if {
	_words(`/bin/r\m -rf "a b"`) == {"bin", "rm", "-rf", "a", "b"}
	_words("FOO=bar npm\ttest;ls|wc -l\n") == {"foo", "bar", "npm", "test", "ls", "wc", "-l"}
	_words("echo $(r''m x) `rm y`") == {"echo", "rm", "x", "y"}
	_words("") == set()
}

test_what_is_no_text_has_no_words if {
	every line in [null, 7, true, ["rm"], {"rm": 1}] {
		not commands.spelled(line)
		not commands.words(line)
	}
}

test_daily_commands_destroy_nothing if {
	every line in [
		"",
		"git commit -m 'forms, farms and rooms'",
		"git push origin topic",
		"git status && git diff --stat",
		"grep -rf patterns.txt src",
		"kubectl get pods",
		"ls -la; cat README.md",
		"npm run build",
		"psql -c 'select 1'",
	] {
		_destroys_nothing(line)
	}
}

test_what_deletes_takes_rights_or_ends_is_seen if {
	every line in [
		"/bin/rm -rf build",
		"RM x",
		`r\m x`,
		"find . -delete",
		"sudo true",
		"ls;kill 1",
		"eval $X",
		"$(rm x)",
		"mkfs.ext4 /dev/sda1",
		"dd if=/dev/zero of=disk",
	] {
		not _destroys_nothing(line)
	}
}

test_history_that_is_rewritten_is_seen if {
	every line in [
		"git push --force",
		"git push -f origin main",
		"git push origin +main",
		"git reset --hard HEAD~1",
		"cd x && git clean -xd",
	] {
		not _destroys_nothing(line)
	}
}

test_what_is_deleted_elsewhere_is_seen if {
	every line in [
		"kubectl delete pod a",
		"terraform destroy",
		"terraform apply",
		"psql -c 'DROP TABLE users'",
		"docker system prune",
	] {
		not _destroys_nothing(line)
	}
}

test_secrets_are_seen_by_their_names if {
	every line in [
		"cat ~/.ssh/config",
		"cp a .env.local",
		"GIT_DIR=.git ls",
		"openssl rsa -in key.pem",
		`cat ".e"nv`,
		"less <ID_RSA",
	] {
		not _names_no_secret(line)
	}
	every line in ["node -e process.env.HOME", "git log", "ls sshd", "cat pem.txt"] { _names_no_secret(line) }
}
