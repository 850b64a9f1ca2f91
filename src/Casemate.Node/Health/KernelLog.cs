using System.Globalization;
using System.Text;

namespace Casemate.Node.Health;

/// <summary>
/// Counts the kernel's warnings of leaked EPC. The text is that of Linux 5.13 and later (arch/x86/kernel/cpu/sgx/sgx.h,
/// EREMOVE_ERROR_MESSAGE; Documentation/arch/x86/sgx.rst says what it means). It warns once; more pages may be gone.
/// </summary>
public sealed class KernelLog
{
    // "sgx: EREMOVE returned %d (0x%x) and an EPC page was leaked. SGX may become unusable. Refer to ..."
    private const string Start = "EREMOVE returned ";
    private const string End = "and an EPC page was leaked";

    /// <summary>The longest record that the kernel gives out (PRINTK_MESSAGE_MAX); what is longer is no record.</summary>
    public const int LongestRecord = 8192;

    /// <summary>How many leaked pages were told so far; it stops at a million.</summary>
    public long LeakedPages { get; private set; }

    /// <summary>The last warning's record number; −1 before the first.</summary>
    public long LastSequence { get; private set; } = -1;

    /// <summary>
    /// Takes one record of <c>/dev/kmsg</c>: <c>priority,sequence,microseconds,flags;text</c> and lines of its dictionary.
    /// </summary>
    /// <returns>True when it tells of a leaked page.</returns>
    public bool Take(ReadOnlySpan<byte> record)
    {
        const long most = 1_000_000;
        if (record.Length > LongestRecord || !TrySplit(record, out var priority, out var sequence, out var text) || !IsFromKernel(priority))
        {
            return false;
        }

        var start = text.IndexOf(Start, StringComparison.Ordinal);
        if (start < 0 || text.IndexOf(End, start, StringComparison.Ordinal) < 0 || sequence <= LastSequence)
        {
            return false;
        }

        LastSequence = sequence;
        LeakedPages = Math.Min(most, LeakedPages + 1);
        return true;
    }

    // Whoever may write to /dev/kmsg can write such a line; the kernel marks those of programs with a facility of theirs.
    private static bool IsFromKernel(int priority) => priority >> 3 == 0;

    private static bool TrySplit(ReadOnlySpan<byte> record, out int priority, out long sequence, out string text)
    {
        (priority, sequence, text) = (0, 0, "");
        var semicolon = record.IndexOf((byte)';');
        if (semicolon <= 0 || semicolon > 128)
        {
            return false;
        }

        var fields = Encoding.ASCII.GetString(record[..semicolon]).Split(',');
        if (fields.Length < 4
            || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out priority)
            || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
        {
            return false;
        }

        var rest = record[(semicolon + 1)..];
        var line = rest.IndexOf((byte)'\n');
        text = Encoding.ASCII.GetString(line < 0 ? rest : rest[..line]);
        return true;
    }
}
