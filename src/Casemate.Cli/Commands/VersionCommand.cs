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
    /// <summary>The version of this build, such as <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

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
                json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
                json.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
            });
        }

        return Task.FromResult(ExitCode.Success);
    }
}
