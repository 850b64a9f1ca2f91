namespace Casemate.Cli.Enclave;

/// <summary>
/// What <c>casemate enclave inspect</c> ends with after it printed its answer; documented in <c>docs/enclave.md</c>. A run that fails
/// before (a wrong command line, a file that cannot be read) ends with the codes of every command and prints nothing to standard output.
/// </summary>
internal static class EnclaveExitCode
{
    /// <summary>At least one finding of the level error.</summary>
    public const int Findings = 2;

    /// <summary>A file measures something else than what was signed.</summary>
    public const int Mismatch = 3;

    /// <summary>Nothing is wrong, but a measurement could not be recomputed.</summary>
    public const int NotRecomputable = 4;
}
