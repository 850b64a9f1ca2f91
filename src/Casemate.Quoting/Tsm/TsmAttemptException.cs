using Casemate.Quoting.Devices;

namespace Casemate.Quoting.Tsm;

/// <summary>One try of a request failed.</summary>
internal sealed class TsmAttemptException : Exception
{
    private TsmAttemptException(string message, bool isTransient)
        : base(message)
    {
        IsTransient = isTransient;
    }

    /// <summary>True when the next try may go better.</summary>
    public bool IsTransient { get; }

    /// <summary>Somebody else wrote to the directory, or our write did not arrive.</summary>
    public static TsmAttemptException Race(string what) => new(what, isTransient: true);

    /// <summary>The answer is not one to the question: torn, mixed up or empty.</summary>
    public static TsmAttemptException BadAnswer(string problem) => new(problem, isTransient: true);

    /// <summary>The request makes no sense here.</summary>
    public static TsmAttemptException Refused(string problem, bool isTransient) => new(problem, isTransient);

    /// <summary>The kernel returned an error.</summary>
    public static TsmAttemptException Kernel(string step, int error) => new(
        $"{step}: {ErrorNumber.Text(error)}{Explanation(error)}", ErrorNumber.IsTransient(error));

    private static string Explanation(int error) => error switch
    {
        ErrorNumber.NoEntry => " (the kernel has no such attribute for this TEE; a newer one may)",
        ErrorNumber.NotPermitted or ErrorNumber.AccessDenied =>
            " (reports through configfs need root, and CAP_SYS_ADMIN with some kernels)",
        ErrorNumber.NoDeviceOrAddress =>
            " (no TEE driver has registered: load sev-guest or tdx-guest, or this machine is no confidential guest)",
        ErrorNumber.NotATypewriter =>
            " (the driver has given up its channel to the security processor, or was unloaded: restart the guest)",
        ErrorNumber.InputOutput or ErrorNumber.BadMessage => " (the firmware or the host refused: see the kernel's log)",
        ErrorNumber.Invalid => " (the TEE does not accept this request: exactly 64 bytes, and a privilege level that the guest has)",
        ErrorNumber.TimedOut => " (the host did not answer in time: look at its quote generation service)",
        ErrorNumber.NoDevice => " (the host offers no quotes)",
        ErrorNumber.FileTooLarge => " (more bytes than any report has)",
        _ => string.Empty,
    };
}
