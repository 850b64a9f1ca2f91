using Casemate.Cli.Output;
using Casemate.Images.Packing;

namespace Casemate.Cli.Image;

/// <summary>How far an image is, on one line of a terminal; elsewhere nothing.</summary>
internal sealed class PackProgressLine(ConsoleOutput console, bool isTerminal) : IProgress<PackProgress>
{
    private const int BarWidth = 24;
    private bool _shown;

    /// <inheritdoc/>
    public void Report(PackProgress value)
    {
        if (!isTerminal || console.Quiet)
        {
            return;
        }

        var done = value.TotalFiles == 0 ? BarWidth : BarWidth * value.Files / value.TotalFiles;
        var bar = new string('#', done) + new string('.', BarWidth - done);
        console.Error.Write($"\r{Packer.NameOf(value.Layer),-12} [{bar}] {value.Files}/{value.TotalFiles}\u001b[K");
        _shown = true;
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (_shown)
        {
            console.Error.Write("\r\u001b[K");
        }
    }
}
