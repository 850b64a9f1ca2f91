using System.Runtime.InteropServices;

namespace Casemate.Quoting.Devices;

/// <summary>Error numbers of Linux that mean something here (errno.h; the same on every architecture that has SNP, TDX or SGX).</summary>
internal static class ErrorNumber
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoDeviceOrAddress = 6;
    public const int TryAgain = 11;
    public const int OutOfMemory = 12;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int NotADirectory = 20;
    public const int Invalid = 22;
    public const int NotATypewriter = 25;
    public const int FileTooLarge = 27;
    public const int BadMessage = 74;
    public const int TimedOut = 110;

    /// <summary>True for what may be gone at the next try.</summary>
    public static bool IsTransient(int error) => error is Interrupted or TryAgain or Busy or TimedOut;

    /// <summary>The number with the system's words for it.</summary>
    public static string Text(int error) => $"error {error}, {Marshal.GetPInvokeErrorMessage(error)}";
}
