namespace Casemate.Cli.Commands;

/// <summary>
/// The program under the names by which kubectl finds plugins: <c>kubectl-casemate</c> for <c>kubectl casemate</c>, and
/// <c>kubectl_complete-casemate</c> for its completion. The name decides how the program speaks of itself, and nothing else.
/// </summary>
internal static class KubectlPlugin
{
    private const string Plugin = "kubectl-casemate";
    private const string Completion = "kubectl_complete-casemate";

    // What people write before the command, as they do with kubectl's own.
    private static readonly string[] s_clusterOptions = ["-n", "--namespace", "--context", "--kubeconfig"];

    /// <summary>What the program is called in its help and messages.</summary>
    /// <param name="invokedAs">The name or path that it was started by; null: not known.</param>
    public static string NameOf(string? invokedAs) => FileOf(invokedAs) is Plugin ? "kubectl casemate" : "casemate";

    /// <summary>The command line as the program without another name would get it.</summary>
    /// <param name="invokedAs">The name or path that it was started by; null: not known.</param>
    /// <param name="args">The words behind it.</param>
    public static IReadOnlyList<string> Arrange(string? invokedAs, IReadOnlyList<string> args) => FileOf(invokedAs) switch
    {
        Plugin => ClusterOptionsLast(args),
        Completion => ["__complete", "--directive", "--", .. args],
        _ => args,
    };

    private static string FileOf(string? invokedAs) =>
        OperatingSystem.IsWindows() ? Path.GetFileNameWithoutExtension(invokedAs) ?? "" : Path.GetFileName(invokedAs) ?? "";

    private static IReadOnlyList<string> ClusterOptionsLast(IReadOnlyList<string> args)
    {
        var count = 0;
        while (count < args.Count)
        {
            var isWhole = s_clusterOptions.Any(option => args[count].StartsWith(option + "=", StringComparison.Ordinal));
            if (!isWhole && (!s_clusterOptions.Contains(args[count]) || count + 1 >= args.Count))
            {
                break;
            }

            count += isWhole ? 1 : 2;
        }

        if (count == 0 || count == args.Count)
        {
            return args;
        }

        // Behind '--' stands somebody else's command line.
        var rest = args.Skip(count).ToList();
        var end = rest.IndexOf("--");
        rest.InsertRange(end < 0 ? rest.Count : end, args.Take(count));
        return rest;
    }
}
