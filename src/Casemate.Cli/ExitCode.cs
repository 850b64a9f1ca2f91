namespace Casemate.Cli;

/// <summary>
/// Exit codes of every command. Public contract: documented in <c>docs/diagnostics.md</c>, never given a second meaning.
/// </summary>
internal static class ExitCode
{
    /// <summary>Done. For checks: all passed, on hardware evidence under production roots.</summary>
    public const int Success = 0;

    /// <summary>The check ran and the answer is no: a rejected verdict, a refused secret.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>
    /// An input cannot be read or is malformed; the message names the file and the offset, line or field. Or an output cannot be
    /// written; it names the option.
    /// </summary>
    public const int BadInput = 3;

    /// <summary>A network peer, cluster or service is unreachable, a port is taken, or a deadline passed.</summary>
    public const int Unreachable = 4;

    /// <summary>Not authenticated, or not permitted. The message names the missing right.</summary>
    public const int NotPermitted = 5;

    /// <summary>Partly done; the same command again resumes.</summary>
    public const int Partial = 6;

    /// <summary>Passed, but the evidence rests on a root that is not one of the pinned production roots.</summary>
    public const int Simulated = 20;

    /// <summary>A fault in Casemate itself (EX_SOFTWARE of sysexits.h). Worth a report.</summary>
    public const int InternalError = 70;

    /// <summary>Interrupted (128 + SIGINT); state is kept.</summary>
    public const int Interrupted = 130;
}
