using System.Globalization;

namespace Casemate.Measurement.Verity;

/// <summary>
/// Finds in a kernel command line which root of a file system it trusts. A command line that says it in two ways, or a second time, is
/// refused: which one the guest takes is not ours to guess.
/// </summary>
public static class VerityCommandLine
{
    /// <summary>The longest command line: 64 KiB. Kernels take 2 to 4 KiB.</summary>
    public const int MaxLength = 64 * 1024;

    private const int SectorBytes = 512;

    /// <summary>Reads a command line.</summary>
    /// <param name="commandLine">The whole command line.</param>
    /// <param name="boot">What it protects; null when it says nothing about it, or is refused.</param>
    /// <param name="problem">What is wrong with it; null when nothing is.</param>
    /// <returns>False when it is refused.</returns>
    public static bool TryRead(string commandLine, out VerityBoot? boot, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(commandLine);
        boot = null;
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        problem = commandLine.Length > MaxLength
            ? $"it has {commandLine.Length} characters, and {MaxLength} is the limit"
            : Collect(commandLine, settings) ?? Choose(settings, out boot);
        if (problem is null)
        {
            return true;
        }

        boot = null;
        return false;
    }

    /// <summary>Reads a command line.</summary>
    /// <param name="commandLine">The whole command line.</param>
    /// <returns>What it protects; null when it says nothing about it.</returns>
    /// <exception cref="VerityException"><see cref="VerityError.MalformedCommandLine"/>.</exception>
    public static VerityBoot? Parse(string commandLine) =>
        TryRead(commandLine, out var boot, out var problem)
            ? boot
            : throw new VerityException(
                VerityError.MalformedCommandLine, $"the kernel command line cannot be relied on: {problem}",
                "Say which root is trusted once, with rootfs_verity.hash=, roothash= or dm-mod.create=.");

    // Settings stand between spaces, and double quotes hold spaces, as the kernel reads them. What follows " -- " is for the first process.
    private static string? Collect(string line, Dictionary<string, string> settings)
    {
        for (var at = 0; at < line.Length;)
        {
            if (IsSpace(line[at]))
            {
                at++;
                continue;
            }

            var begin = at;
            var quoted = false;
            for (; at < line.Length && (quoted || !IsSpace(line[at])); at++)
            {
                quoted ^= line[at] == '"';
            }

            if (quoted)
            {
                return "a double quote is not closed";
            }

            var word = line[begin..at];
            if (word == "--")
            {
                return null;
            }

            var parts = word.Split('=', 2);
            var name = parts[0].Trim('"').Replace('-', '_');               // the kernel takes both for the same
            if (parts.Length < 2 || !s_names.Contains(name))
            {
                continue;
            }

            var value = parts[1];
            value = value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value.TrimEnd('"');
            if (!settings.TryAdd(name, value))
            {
                return $"'{name}' stands twice";
            }
        }

        return null;
    }

    private static bool IsSpace(char character) => character is ' ' or '\t' or '\n' or '\r' or '\v' or '\f';

    private static string? Choose(Dictionary<string, string> settings, out VerityBoot? boot)
    {
        boot = null;
        string? Of(string name) => settings.GetValueOrDefault(name);
        var kata = Of("rootfs_verity.scheme") is not null || Of("rootfs_verity.hash") is not null;
        var systemd = Of("roothash") is not null || Of("systemd.verity_root_data") is not null || Of("systemd.verity_root_hash") is not null;
        var table = Of("dm_mod.create") is not null;
        if ((kata ? 1 : 0) + (systemd ? 1 : 0) + (table ? 1 : 0) > 1)
        {
            return "it names a root in more than one way";
        }

        if (kata)
        {
            return Of("rootfs_verity.scheme") != "dm-verity" ? "rootfs_verity.scheme is not dm-verity"
                : Hash(Of("rootfs_verity.hash"), "rootfs_verity.hash", VerityBootForm.RootfsVerity, out boot);
        }

        if (systemd)
        {
            var problem = Hash(Of("roothash"), "roothash", VerityBootForm.Systemd, out boot);
            boot = boot is null ? null : boot with { DataDevice = Of("systemd.verity_root_data"), HashDevice = Of("systemd.verity_root_hash") };
            return problem ?? (boot is { DataDevice: "" } or { HashDevice: "" } ? "a device has no name" : null);
        }

        return table ? Table(Of("dm_mod.create")!, out boot) : null;
    }

    private static string? Hash(string? text, string name, VerityBootForm form, out VerityBoot? boot)
    {
        boot = null;
        if (text is null)
        {
            return $"{name} is missing";
        }

        if (!TryHex(text, out var hash) || hash.Length is not (32 or 48 or 64))
        {
            return $"{name} is no digest in hexadecimal digits";
        }

        boot = new VerityBoot(form, hash);
        return null;
    }

    // NAME,UUID,MINOR,FLAGS,TABLE: one device with one table of one line.
    private static string? Table(string text, out VerityBoot? boot)
    {
        boot = null;
        var fields = text.Split(',');
        if (text.Contains(';') || fields.Length != 5)
        {
            return "dm-mod.create does not describe one device with one target";
        }

        if (fields[3] != "ro")
        {
            return "dm-mod.create makes a device that is not read-only";
        }

        var words = fields[4].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 13 || words[2] != "verity" || words[0] != "0")
        {
            return "dm-mod.create has no verity target that begins with sector 0";
        }

        if (words.Length > 13)
        {
            return "dm-mod.create has options behind the salt, which may switch the protection off";
        }

        if (!Number(words[1], out var sectors) || !Number(words[3], out var type) || !Number(words[6], out var dataBlock)
            || !Number(words[7], out var hashBlock) || !Number(words[8], out var blocks) || !Number(words[9], out var start))
        {
            return "dm-mod.create has a number that is none";
        }

        byte[] salt = [];
        if (type > 1 || !VerityOptions.IsBlockSize(dataBlock) || !VerityOptions.IsBlockSize(hashBlock) || blocks is 0 || blocks > long.MaxValue / dataBlock
            || sectors != blocks * (dataBlock / SectorBytes) || (words[12] != "-" && !TryHex(words[12], out salt)) || salt.Length > VerityOptions.MaxSaltBytes)
        {
            return "dm-mod.create has a type, size or salt that is out of range";
        }

        if (VeritySuperblock.AlgorithmOf(System.Text.Encoding.ASCII.GetBytes(words[10])) is not { } algorithm)
        {
            return "dm-mod.create names a hash function that is not supported";
        }

        var options = new VerityOptions
        {
            Algorithm = algorithm,
            HashType = (int)type,
            DataBlockSize = (int)dataBlock,
            HashBlockSize = (int)hashBlock,
            DataBlocks = blocks,
            Salt = salt,
        };
        if (!TryHex(words[11], out var hash) || hash.Length != options.DigestSize)
        {
            return "dm-mod.create has no root hash of its hash function";
        }

        boot = new VerityBoot(VerityBootForm.DeviceMapper, hash)
        {
            DataDevice = words[4],
            HashDevice = words[5],
            Options = options,
            HashStartBlock = start,
            DeviceName = fields[0],
        };
        return fields[0].Length == 0 ? "dm-mod.create gives the device no name" : null;
    }

    private static bool Number(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryHex(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 2];
        return text.Length % 2 == 0 && Convert.FromHexString(text, bytes, out _, out _) is System.Buffers.OperationStatus.Done;
    }

    private static readonly HashSet<string> s_names = new(StringComparer.Ordinal)
    {
        "rootfs_verity.scheme", "rootfs_verity.hash", "roothash", "systemd.verity_root_data", "systemd.verity_root_hash", "dm_mod.create",
    };
}
