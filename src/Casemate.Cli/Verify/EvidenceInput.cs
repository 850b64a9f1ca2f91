using Casemate.Cli.Commands;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>Reads the evidence that a command line names.</summary>
internal static class EvidenceInput
{
    /// <summary>What stands for standard input on a command line.</summary>
    public const string StandardInput = "-";

    /// <summary>Reads a file, a directory that holds one evidence file, or standard input.</summary>
    /// <exception cref="MalformedInputException">It cannot be read, or is no evidence.</exception>
    public static EvidenceFile Read(CommandContext context, string path)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage("EVIDENCE is empty", "Name a file, a directory, or - for standard input.");
        }

        if (path != StandardInput)
        {
            return EvidenceReader.Read(path);
        }

        using var input = context.Invocation.OpenStandardInput();
        return EvidenceReader.Read(input, "standard input");
    }
}
