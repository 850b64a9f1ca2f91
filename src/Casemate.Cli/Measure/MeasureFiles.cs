using Casemate.Cli.Output;
using Casemate.Measurement.Firmware;

namespace Casemate.Cli.Measure;

/// <summary>Files and values that the commands of <c>casemate measure</c> read.</summary>
internal static class MeasureFiles
{
    /// <summary>The largest initial RAM disk and kernel that are read, in bytes.</summary>
    public const int Largest = PeImage.MaxSize;

    /// <summary>Reads a file that an option names; null when it names none.</summary>
    /// <exception cref="CliException">It cannot be read, or is larger than the limit.</exception>
    public static ReadOnlyMemory<byte>? Read(string option, string? path, long limit) =>
        path is null ? null : InputFile.Read(option, path, limit);

    /// <summary>Takes a kernel's command line; null when there is none.</summary>
    /// <exception cref="CliException">It holds a line break or another control character.</exception>
    public static string? CommandLine(string option, string? text) => text is null || !text.Any(char.IsControl)
        ? text
        : throw CliException.Usage(
            $"{option} holds a control character (U+{(int)text.First(char.IsControl):X4}): it would be measured, and no VMM passes such a line",
            "Give one line of text, exactly as the VMM passes it.");

    /// <summary>Reads hex digits.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">The digits.</param>
    /// <param name="size">The bytes that there must be.</param>
    /// <exception cref="CliException">They are not such digits.</exception>
    public static byte[] Hex(string option, string text, int size)
    {
        var bytes = new byte[size];
        return text.Length == 2 * size && Convert.FromHexString(text, bytes, out _, out _) is System.Buffers.OperationStatus.Done
            ? bytes
            : throw CliException.Usage($"{option} takes {2 * size} hex digits, and has {text.Length} characters");
    }
}
