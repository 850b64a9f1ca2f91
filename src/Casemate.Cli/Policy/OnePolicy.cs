using Casemate.Cli.Commands;
using Casemate.KataPolicy;

namespace Casemate.Cli.Policy;

/// <summary>The one policy that a file carries, for commands that can do nothing with several.</summary>
internal static class OnePolicy
{
    /// <summary>Reads its text.</summary>
    /// <exception cref="CliException">It cannot be read, or there is none, or more than one (exit code 3).</exception>
    public static string ReadText(CommandContext context, string path)
    {
        var texts = PolicyInput.Read(context, path).Select(one => one.Policy).OfType<string>().Distinct().ToArray();
        return texts switch
        {
            [var one] => one,
            [] => throw CliException.BadInput($"'{path}' carries initdata without a policy", "Give a file that carries a policy."),
            _ => throw CliException.BadInput(
                $"'{path}' carries {texts.Length} different policies",
                "Give the YAML of one workload, or one policy as 'casemate policy decode --part policy.rego' prints it."),
        };
    }

    /// <summary>Reads its data, and the text that holds it.</summary>
    /// <exception cref="CliException">As <see cref="ReadText"/>; or the policy is not of Casemate's making (exit code 3).</exception>
    public static PolicyData ReadData(CommandContext context, string path, out string text) =>
        PolicyDataText.TryReadPolicy(text = ReadText(context, path), out var data, out var error)
            ? data
            : throw CliException.BadInput(
                $"the data of the policy in '{path}' cannot be read: {error}", "Only policies that Casemate made can be put into words.");

    /// <summary>Reads and compiles it.</summary>
    /// <exception cref="CliException">As <see cref="ReadText"/>; or the agent would refuse it (exit code 3).</exception>
    public static AgentPolicy Compile(CommandContext context, string path) =>
        AgentPolicy.TryCompile(ReadText(context, path), out var policy, out var errors)
            ? policy
            : throw new CliException(ExitCode.BadInput, $"the agent would refuse the policy in '{path}'", "Run 'casemate policy check' "
                + "on it.")
            {
                Findings = [.. errors.Select(error => error.ToString())],
            };
}
