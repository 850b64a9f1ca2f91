using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Oci;
using Casemate.Oci.Copying;

namespace Casemate.Cli.Image;

/// <summary>
/// Shows how far a copy is, on standard error: a bar for each blob under way where that is a terminal, a line for each finished blob
/// otherwise, nothing with <c>-q</c>.
/// </summary>
internal sealed class CopyDisplay : IProgress<CopyProgress>, IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(100);

    private readonly ConsoleOutput _console;
    private readonly TimeProvider _time;
    private readonly bool _isTerminal;
    private readonly Lock _lock = new();
    private readonly List<(Descriptor Blob, long Bytes)> _active = [];
    private long _lastDrawn;
    private int _lines;
    private bool _isDone;

    private CopyDisplay(ConsoleOutput console, TimeProvider time, bool isTerminal) =>
        (_console, _time, _isTerminal) = (console, time, isTerminal);

    /// <summary>The display for a run; null with <c>-q</c>.</summary>
    public static CopyDisplay? For(CommandContext context) => context.Console.Quiet
        ? null
        : new CopyDisplay(context.Console, context.Invocation.Time, context.Invocation.ErrorIsTerminal);

    /// <inheritdoc/>
    public void Report(CopyProgress value)
    {
        lock (_lock)
        {
            if (_isDone)
            {
                return;
            }

            var place = _active.FindIndex(entry => entry.Blob.Digest == value.Descriptor.Digest);
            switch (value.Stage)
            {
                case CopyStage.Started:
                    _active.Add((value.Descriptor, 0));
                    Draw();
                    break;
                case CopyStage.Advanced:
                    if (place >= 0)
                    {
                        _active[place] = (value.Descriptor, value.Bytes);
                    }

                    if (_isTerminal && _time.GetElapsedTime(_lastDrawn) >= s_refresh)
                    {
                        Draw();
                    }

                    break;
                case CopyStage.Skipped:
                    End(place, value.Descriptor, "was there");
                    break;
                case CopyStage.Mounted:
                    End(place, value.Descriptor, "taken over");
                    break;
                case CopyStage.Copied:
                    End(place, value.Descriptor, "copied");
                    break;
                default:
                    throw new InvalidOperationException($"The stage {value.Stage} has no line.");
            }
        }
    }

    /// <summary>Takes the bars away.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Erase();
            _isDone = true;
        }
    }

    private void End(int place, Descriptor blob, string what)
    {
        Erase();
        if (place >= 0)
        {
            _active.RemoveAt(place);
        }

        _console.Note($"{blob.Digest.Short}  {ByteCount.Text(blob.Size),10}  {what}");
        Draw();
    }

    private void Draw()
    {
        if (!_isTerminal)
        {
            return;
        }

        Erase();
        _lastDrawn = _time.GetTimestamp();
        foreach (var (blob, bytes) in _active)
        {
            var part = blob.Size == 0 ? 1 : Math.Clamp((double)bytes / blob.Size, 0, 1);
            var filled = (int)(part * BarWidth);
            var line = $"{blob.Digest.Short}  {ByteCount.Text(blob.Size),10}  [{new string('=', filled)}{new string(' ', BarWidth - filled)}] {part * 100,3:0} %";

            // A line that wraps would be two to the cursor.
            _console.Error.WriteLine(line.Length < _console.Width ? line : line[..Math.Max(_console.Width - 1, 0)]);
        }

        _lines = _active.Count;
        _console.Error.Flush();
    }

    // The cursor goes to the first bar, and everything from there on is cleared.
    private void Erase()
    {
        if (_lines > 0)
        {
            _console.Error.Write($"\u001b[{_lines}A\r\u001b[J");
            _lines = 0;
        }
    }
}
