using Casemate.Cli.Commands;
using Casemate.Cli.Output;

namespace Casemate.Cli.Verify.Many;

/// <summary>One line on standard error that says how far the work is; nothing where that is no terminal, or with <c>-q</c>.</summary>
internal sealed class ProgressLine(CommandContext context)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);

    private readonly bool _shown = context.Invocation.ErrorIsTerminal && !context.Console.Quiet;
    private readonly TimeProvider _time = context.Invocation.Time;
    private long _last = context.Invocation.Time.GetTimestamp();
    private bool _standing;

    /// <summary>Says how many pieces are done, a few times a second at most.</summary>
    public void Show(long done)
    {
        if (!_shown || _time.GetElapsedTime(_last) < Between)
        {
            return;
        }

        _last = _time.GetTimestamp();
        _standing = true;
        context.Console.Error.Write($"\r{context.Console.PaintError(Tone.Faint, $"{done} pieces verified")}");
        context.Console.Error.Flush();
    }

    /// <summary>Takes the line away before something else is written to the terminal.</summary>
    public void Clear()
    {
        if (_standing)
        {
            context.Console.Error.Write("\r\u001b[K");
            _standing = false;
        }
    }
}
