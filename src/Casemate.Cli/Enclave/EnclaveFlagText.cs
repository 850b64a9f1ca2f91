using Casemate.Measurement.Enclave;

namespace Casemate.Cli.Enclave;

/// <summary>Attributes in words: what each means, and who decides on it.</summary>
internal static class EnclaveFlagText
{
    // The meaning is that of the flag when it is on.
    private static readonly (EnclaveFlags Flag, string Name, string Meaning)[] s_flags =
    [
        (EnclaveFlags.Debug, "DEBUG", "a debugger may read and write its memory"),
        (EnclaveFlags.Mode64Bit, "MODE64BIT", "it runs in 64-bit mode"),
        (EnclaveFlags.ProvisionKey, "PROVISION_KEY", "it may derive the provisioning key"),
        (EnclaveFlags.EInitTokenKey, "EINITTOKEN_KEY", "it may derive the launch key"),
        (EnclaveFlags.Cet, "CET", "control flow is enforced"),
        (EnclaveFlags.Kss, "KSS", "family, extended product id and configuration count"),
        (EnclaveFlags.AexNotify, "AEXNOTIFY", "it may be told of asynchronous exits"),
    ];

    /// <summary>The flags that are set, or that whoever loads the enclave may set; and DEBUG in any case.</summary>
    public static IEnumerable<string> Describe(EnclaveFlags flags, EnclaveFlags mask) => s_flags
        .Where(entry => entry.Flag is EnclaveFlags.Debug || flags.HasFlag(entry.Flag)
            || (!mask.HasFlag(entry.Flag) && entry.Flag is not EnclaveFlags.AexNotify))
        .Select(entry => $"{entry.Name} {State(entry.Flag, entry.Meaning, flags, mask)}");

    /// <summary>The names of the flags that are set.</summary>
    public static IEnumerable<string> Names(EnclaveFlags flags) =>
        s_flags.Where(entry => flags.HasFlag(entry.Flag)).Select(entry => entry.Name);

    private static string State(EnclaveFlags flag, string meaning, EnclaveFlags flags, EnclaveFlags mask) =>
        !mask.HasFlag(flag) ? $"is left to whoever loads it (when on, {meaning})"
        : flags.HasFlag(flag) ? $"on: {meaning}"
        : $"off (when on, {meaning})";
}
