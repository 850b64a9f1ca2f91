using System.Reflection;
using System.Runtime.InteropServices;
using Casemate.Cli.Output;
using Casemate.Primitives;

namespace Casemate.Cli.Commands;

/// <summary><c>casemate version</c>.</summary>
internal sealed class VersionCommand() : CliCommand(
    "version",
    "Print the version of this program.",
    new CommandExample("For a script", "casemate version -o json"))
{
    // The SDK writes VERSION+COMMIT where the build is told its commit.
    private static readonly string[] s_parts = typeof(VersionCommand).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', 2);

    /// <summary>The version of this build, such as <c>0.1.0</c>.</summary>
    public static string Version { get; } = s_parts[0];

    /// <summary>The commit that it was built from; null when the build was not told.</summary>
    public static string? Commit { get; } = s_parts.ElementAtOrDefault(1);

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Console.Format is OutputFormat.Table)
        {
            context.Console.Out.WriteLine($"casemate {Version}");
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteString("version", Version);
                json.WriteString("commit", Commit);
                json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
                json.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
            });
        }

        return Task.FromResult(ExitCode.Success);
    }
}
