using Casemate.Oci;

namespace Casemate.Cli.Image;

/// <summary>The exit codes of failures with images.</summary>
internal static class OciErrorText
{
    /// <summary>Exit code, message and remedy.</summary>
    public static (int Code, string Message, string? Remedy) Describe(OciException failure) =>
        (CodeOf(failure.Error), failure.Message, failure.Remedy);

    /// <summary>The exit code alone.</summary>
    public static int CodeOf(OciError error) => error switch
    {
        OciError.InvalidReference => ExitCode.Usage,
        OciError.Unauthorized or OciError.Denied => ExitCode.NotPermitted,
        OciError.Unavailable => ExitCode.Unreachable,
        OciError.SignatureInvalid => ExitCode.Refused,
        OciError.None => ExitCode.InternalError,
        _ => ExitCode.BadInput,
    };
}
