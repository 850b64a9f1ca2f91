using Casemate.Cli.Commands;

namespace Casemate.Cli.Measure;

/// <summary>One line on standard error that says how far long work is, where that is a terminal; nothing elsewhere and with <c>-q</c>.</summary>
internal sealed class WorkLine(CommandContext context) : IDisposable
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(100);

    private readonly bool _shown = !context.Console.Quiet && context.Invocation.ErrorIsTerminal;
    private readonly Lock _lock = new();
    private long _drawn;
    private bool _isThere;

    /// <summary>Shows a text in place of the one before, ten times a second at most.</summary>
    public void Show(Func<string> text)
    {
        lock (_lock)
        {
            if (!_shown || (_drawn != 0 && context.Invocation.Time.GetElapsedTime(_drawn) < s_refresh))
            {
                return;
            }

            _drawn = context.Invocation.Time.GetTimestamp();
            var line = text();
            context.Console.Error.Write("\r\u001b[K" + (line.Length < context.Console.Width ? line : line[..Math.Max(context.Console.Width - 1, 0)]));
            context.Console.Error.Flush();
            _isThere = true;
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isThere)
            {
                context.Console.Error.Write("\r\u001b[K");
                context.Console.Error.Flush();
                _isThere = false;
            }
        }
    }
}
