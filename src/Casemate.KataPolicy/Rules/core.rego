# Which container of the pod a request is about.
index := 0 if {
  input.OCI.Annotations["io.kubernetes.cri.container-type"] == "sandbox"
}

index := i if {
  input.OCI.Annotations["io.kubernetes.cri.container-type"] == "container"
  some i
  policy_data.containers[i].name == input.OCI.Annotations["io.kubernetes.cri.container-name"]
  i > 0
}

index := data.pstate.containers[input.container_id] if {
  input.process
}

c := policy_data.containers[index]

process := input.OCI.Process if {
  input.OCI
}

process := input.process if {
  input.process
}

# Identifiers are those of the CRI: directories of the guest have other names, and so have files that were copied for containers.
ok_id if {
  regex.match(`^[a-z0-9]{64}$`, input.container_id)
  not taken_id
}

taken_id if {
  index > 0
  input.container_id == data.pstate.sandbox.id
}

# Paths: identifiers become placeholders again, so that patterns stay the same.
hidden(p, v) := replace(v, input.OCI.Annotations["io.kubernetes.cri.sandbox-id"], "$(sandbox-id)") if {
  contains(p, "$(sandbox-id)")
  not contains(v, "$(")
}

hidden(p, v) := replace(v, input.container_id, "$(bundle-id)") if {
  not contains(p, "$(sandbox-id)")
  not contains(v, "$(")
}

pattern(p) := replace(replace(unfolded, "$(bundle-id)", `\$\(bundle-id\)`), "$(sandbox-id)", `\$\(sandbox-id\)`) if {
  unfolded := replace(replace(p, "$(sfprefix)", policy_data.common.sfprefix), "$(cpath)", policy_data.common.cpath)
}

path_ok(p, v) if {
  p == v
  p != ""
  not contains(v, "$(")
}

path_ok(p, v) if {
  contains(p, "$(")
  not startswith(p, "^")
  not startswith(p, "$(sfprefix)")
  hidden(p, v) == p
}

path_ok(p, v) if {
  startswith(p, "^")
  not ".." in split(v, "/")
  regex.match(pattern(p), hidden(p, v))
}

path_ok(p, v) if {
  startswith(p, "$(sfprefix)")
  not ".." in split(v, "/")
  regex.match(shared_pattern(trim_prefix(p, "$(sfprefix)")), hidden(p, v))
}

shared_prefix := pattern("$(sfprefix)")

shared_pattern(rest) := concat("", [shared_prefix, rest]) if {
  not contains(rest, "$(")
}

shared_pattern(rest) := pattern(concat("", ["$(sfprefix)", rest])) if {
  contains(rest, "$(")
}

# Texts: arguments and variables. "$$" stands for "$", placeholders for what a cluster decides.
quoted(v) := replace(replace(replace(replace(v7, "[", `\[`), "]", `\]`), "{", `\{`), "}", `\}`) if {
  v1 := replace(replace(v, `\`, `\\`), ".", `\.`)
  v3 := replace(replace(v1, "*", `\*`), "+", `\+`)
  v5 := replace(replace(v3, "?", `\?`), "|", `\|`)
  v7 := replace(replace(replace(replace(v5, "(", `\(`), ")", `\)`), "^", `\^`), "$", `\$`)
}

sandbox_name := input.OCI.Annotations["io.kubernetes.cri.sandbox-name"] if {
  input.OCI
}

sandbox_name := data.pstate.sandbox.name if {
  input.process
}

sandbox_namespace := input.OCI.Annotations["io.kubernetes.cri.sandbox-namespace"] if {
  input.OCI
}

sandbox_namespace := data.pstate.sandbox.namespace if {
  input.process
}

open_text(p) := concat("", ["^", t9, "$"]) if {
  ip := concat("", ["(", policy_data.common.ipv4_a, "|[0-9a-f:]{2,39})"])
  host := `[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?`
  t0 := quoted(replace(p, "$$", "\u0001"))
  t1 := replace(t0, `\$\(sandbox-name\)`, quoted(sandbox_name))
  t2 := replace(t1, `\$\(sandbox-namespace\)`, quoted(sandbox_namespace))
  t3 := replace(replace(t2, `\$\(pod-ip\)`, ip), `\$\(host-ip\)`, ip)
  t4 := replace(replace(t3, `\$\(host-name\)`, host), `\$\(node-name\)`, host)
  t5 := replace(t4, `\$\(pod-uid\)`, "[0-9a-f-]{32,36}")
  t6 := replace(t5, `\$\(resource-field\)`, "[0-9]{1,20}")
  t7 := replace(t6, `\$\(todo-annotation\)`, ".*")
  t9 := replace(t7, "\u0001", `\$`)
}

text_ok(p, v) if {
  not contains(p, "$(")
  replace(p, "$$", "$") == v
}

text_ok(p, v) if {
  contains(p, "$(")
  regex.match(open_text(p), v)
}

# Environment: one value per name, all of the policy's variables, and others only by pattern.
env_name(v) := split(v, "=")[0]

p_fixed := {v | some v in c.OCI.Process.Env; not contains(v, "$")}

p_open[n] := v if {
  some v in c.OCI.Process.Env
  contains(v, "$")
  n := env_name(v)
}

i_names := {n | some v in process.Env; n := env_name(v)}

i_env := {v | some v in process.Env}

env_ok(v) if {
  v in p_fixed
}

env_ok(v) if {
  not v in p_fixed
  text_ok(p_open[env_name(v)], v)
}

# A name of the policy cannot come this way: its own variable is there too, and each name stands once.
env_ok(v) if {
  not v in p_fixed
  not p_open[env_name(v)]
  some p in allow_env
  regex.match(p, v)
}

env_ok("TERM=xterm") if {
  input.process.Terminal
}

ok_env if {
  every v in process.Env {
    contains(v, "=")
    env_ok(v)
  }
  count(i_names) == count(process.Env)
  count(p_fixed - i_env) == 0
  every v in c.OCI.Process.Env {
    env_there(v)
  }
}

env_there(v) if {
  not contains(v, "$")
}

env_there(v) if {
  contains(v, "$")
  env_name(v) in i_names
}

env_missing := [v | some v in c.OCI.Process.Env; not env_name(v) in i_names]

env_fault := ["OCI.Process.Env", "one value for each name", [n | some i, v in process.Env; n := env_name(v); some j, w in process.Env; i < j; env_name(w) == n]] if {
  count(i_names) < count(process.Env)
} else := ["OCI.Process.Env", env_missing, "no such variable"] if {
  count(env_missing) > 0
} else := ["OCI.Process.Env", [v | some v in c.OCI.Process.Env; env_name(v) in {env_name(b) | some b in bad}], bad] if {
  changed := {env_name(v) | some v in p_fixed - i_env}
  bad := [v | some v in process.Env; env_suspect(v, changed)]
}

env_suspect(v, _) if {
  not env_ok(v)
}

env_suspect(v, changed) if {
  env_name(v) in changed
}

ok_args if {
  count(process.Args) == count(c.OCI.Process.Args)
  every i, v in process.Args {
    text_ok(c.OCI.Process.Args[i], v)
  }
}

same_set(a, b) if {
  a == b
}

same_set(a, b) if {
  {x | some x in a} == {x | some x in b}
  count(a) == count(b)
}

# Streams that bypass the agent need what the requests for streams need.
ok_ports if {
  stream_ok("WriteStreamRequest", input.stdin_port)
  stream_ok("ReadStreamRequest", input.stdout_port)
  stream_ok("ReadStreamRequest", input.stderr_port)
}

stream_ok(_, port) if {
  port == 0
}

stream_ok(name, port) if {
  port > 0
  policy_data.request_defaults[name] == true
}

# What is said of a denial.
shown(v) := short(v) if {
  is_string(v)
}

shown(v) := short(json.marshal(v)) if {
  not is_string(v)
}

short(v) := regex.find_all_string_submatch_n(`(?s)^.{0,200}`, v, 1)[0][0]

denial(request, name, fault, fix) := concat("", [
  request, " of '", short(name), "' denied by ", fault[0], " (", fault[1], "): expected ", shown(fault[2]),
  ", got ", shown(fault[3]), ". Fix: ", fix,
])
