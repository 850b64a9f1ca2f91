using Casemate.KataPolicy.Layers;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Finds arguments and variables with characters that policies cannot hold, and says where they were written.</summary>
internal static class ReservedTexts
{
    public static void Check(ContainerSubject subject, ProcessPolicy process, IReadOnlyList<IReadOnlyList<string>> commands)
    {
        foreach (var text in process.Args)
        {
            Say(text, ArgumentPath(subject, text), "an argument");
        }

        foreach (var text in process.Env)
        {
            var name = text.Split('=')[0];
            var path = subject.Spec?.Env.LastOrDefault(variable => variable.Name == name)?.Path ?? subject.Path;
            Say(text, path, $"the variable '{Shown.Of(name)}'");
        }

        foreach (var text in commands.SelectMany(command => command))
        {
            var command = subject.Spec?.ExecCommands.FirstOrDefault(one => one.Command.Any(word => ReservedCharacter.FindIn(word) is not null));
            Say(text, command?.Path ?? subject.Path, "a command of a probe or hook");
        }

        void Say(string text, string path, string what)
        {
            if (ReservedCharacter.FindIn(text) is { } character)
            {
                subject.Error(path, $"{what} has {ReservedCharacter.Name(character)}", "Write it without that character, or put it into a file of the image");
            }
        }
    }

    // Where an argument was written; the container's place for one that the image says, or that a variable was put into.
    private static string ArgumentPath(ContainerSubject subject, string text)
    {
        foreach (var (list, name) in new[] { (subject.Spec?.Command ?? [], "command"), (subject.Spec?.Args ?? [], "args") })
        {
            for (var i = 0; i < list.Length; i++)
            {
                if (ReservedCharacter.FindIn(list[i]) is not null && ReservedCharacter.FindIn(text) is not null)
                {
                    return $"{subject.Path}.{name}[{i}]";
                }
            }
        }

        return subject.Path;
    }
}
