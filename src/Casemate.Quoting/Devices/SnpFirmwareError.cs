namespace Casemate.Quoting.Devices;

/// <summary>What the security processor's errors mean to somebody who asked for a report. Source: AMD 56860, status codes.</summary>
internal static class SnpFirmwareError
{
    /// <summary>Explains <c>exitinfo2</c>: host error in the upper half, firmware error in the lower.</summary>
    public static string Explain(int error, ulong exitInformation)
    {
        var (host, firmware) = ((uint)(exitInformation >> 32), (uint)exitInformation);
        return (host, firmware, error) switch
        {
            (SnpGuestRequest.HostErrorInvalidLength, _, _) => "the host's certificates need more room than the driver has",
            (SnpGuestRequest.HostErrorBusy, _, _) => "the host limits how often this guest may ask: ask less often",
            (not 0, _, _) => $"the host refused with error {host}",
            (_, not (0 or uint.MaxValue or 0xFF), _) =>
                $"the firmware refused with status 0x{firmware:X2}: {Firmware(firmware)}",
            (_, _, ErrorNumber.NotATypewriter) =>
                "the driver has given up its channel to the security processor after an earlier failure: restart the guest",
            (_, _, ErrorNumber.Invalid) =>
                "the driver does not accept the request: a VMPL below that of the guest, or a kernel that is too old",
            (_, _, ErrorNumber.TimedOut) => "the host did not serve the request in time",
            (_, _, ErrorNumber.BadMessage) => "the answer of the firmware was damaged on its way through the host",
            _ => "see the kernel's log of the guest",
        };
    }

    /// <summary>What a status of the firmware means.</summary>
    public static string Firmware(uint status) => status switch
    {
        0x01 => "the platform is in the wrong state; the host has to initialise SNP",
        0x02 => "the guest is in the wrong state",
        0x0F => "the firmware wants a cache flush by the host first",
        0x10 => "the guest's handle is not valid",
        0x11 => "the firmware does not know the command; it is too old",
        0x13 => "the hardware failed",
        0x14 => "the hardware is in an unsafe state; the host has to be restarted",
        0x15 => "the firmware does not support this",
        0x16 => "a parameter is not valid; ask for a VMPL from the guest's own to 3",
        0x17 => "the firmware has no resources left; try again",
        0x18 => "data from the guest could not be decrypted; restart the guest",
        0x1D => "the message counter is used up; restart the guest",
        0x21 or 0x22 => "a security version is below the one that was committed; update the host's firmware",
        0x23 => "the platform has to be shut down first",
        0x27 => "the key that the report was to be signed with is not there; the host has no VLEK loaded",
        _ => "not one that the documentation names",
    };
}
