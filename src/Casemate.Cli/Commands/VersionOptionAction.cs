using System.CommandLine;
using System.CommandLine.Invocation;

namespace Casemate.Cli.Commands;

/// <summary><c>casemate --version</c>: the same line as <c>casemate version</c>.</summary>
internal sealed class VersionOptionAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"casemate {VersionCommand.Version}");
        return ExitCode.Success;
    }
}
