namespace Casemate.Quoting.Devices;

/// <summary>Why a guest's device cannot be used.</summary>
internal static class GuestDeviceText
{
    /// <summary>A clause; null when opening succeeded.</summary>
    /// <param name="path">The device.</param>
    /// <param name="error">What opening returned.</param>
    /// <param name="module">The kernel module that makes the device.</param>
    /// <param name="guest">The kind of guest that has it.</param>
    public static string? OpenProblem(string path, int error, string module, string guest) => error switch
    {
        0 => null,
        ErrorNumber.NoEntry => $"{path} does not exist: this is not {guest}, or the module {module} is not loaded",
        ErrorNumber.NotPermitted or ErrorNumber.AccessDenied =>
            $"{path} may not be opened for reading and writing: run as root, or give this user access to the device",
        ErrorNumber.NoDevice or ErrorNumber.NoDeviceOrAddress => $"{path} has no driver behind it: load the module {module}",
        _ => $"{path} cannot be opened: {ErrorNumber.Text(error)}",
    };
}
