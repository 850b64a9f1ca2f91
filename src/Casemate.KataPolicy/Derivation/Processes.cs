using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Derives the first process of a container. Source: containerd, CRI server, "WithProcessArgs".</summary>
internal static class Processes
{
    public static ProcessPolicy Of(ContainerSubject subject, Environment environment)
    {
        var args = new List<string>();
        var (command, own) = (subject.Spec?.Command ?? [], subject.Spec?.Args ?? []);
        var start = subject.Start;
        args.AddRange(command.IsDefaultOrEmpty
            ? start.Entrypoint.Select(PolicyText.Literal)
            : command.Select((text, index) => environment.Expand(text, $"{subject.Path}.command[{index}]")));
        if (!own.IsDefaultOrEmpty)
        {
            args.AddRange(own.Select((text, index) => environment.Expand(text, $"{subject.Path}.args[{index}]")));
        }
        else if (command.IsDefaultOrEmpty)
        {
            args.AddRange(start.Cmd.Select(PolicyText.Literal));
        }

        args.AddRange(subject.Kind.Args.Where(text => !args.Contains(text)).ToArray());
        if (args.Count == 0)
        {
            subject.Error(subject.Path, "neither the container nor its image says what to run", "Write a command");
        }

        var directory = subject.Spec?.WorkingDir is { Length: > 0 } chosen ? chosen : start.WorkingDir;
        return new ProcessPolicy
        {
            Terminal = subject.Spec is { Tty: true },
            User = Users.Of(subject),
            Args = args,
            Env = environment.Texts,
            Cwd = directory.Length > 0 ? directory : "/",
            Capabilities = Capabilities.Of(subject),
            NoNewPrivileges = subject.Kind.NoNewPrivileges ?? subject.Spec?.SecurityContext.AllowPrivilegeEscalation is false,
        };
    }

    /// <summary>
    /// The commands of probes and hooks, each once. The kubelet expands those of probes, and only with values that are written in the
    /// document, unexpanded. Source: kubernetes/kubernetes pkg/kubelet/prober, "ExpandContainerCommandOnlyStatic".
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<string>> Commands(ContainerSubject subject)
    {
        if (subject.Spec is not { } spec)
        {
            return [];
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in spec.Env)
        {
            values[variable.Name] = variable.Source is LiteralEnv literal ? PolicyText.Literal(literal.Value) : "";
        }

        var commands = new List<string[]>();
        foreach (var exec in spec.ExecCommands)
        {
            var command = exec.Origin.EndsWith("Probe", StringComparison.Ordinal)
                ? exec.Command.Select(text => VariableExpansion.Expand(text, values.GetValueOrDefault)).ToArray()
                : [.. exec.Command.Select(PolicyText.Literal)];
            if (command.Length > 0 && !commands.Exists(known => known.SequenceEqual(command)))
            {
                commands.Add(command);
            }
        }

        return commands;
    }
}
