using System.Text;

namespace Casemate.Cli.Output;

/// <summary>
/// Standard error as a command needs it: when it is closed or full, words are lost, but the work goes on and its exit code stays.
/// There is nobody left who could be told.
/// </summary>
internal sealed class LossyWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    // Whole, so that lines of several threads do not mix.
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A closed descriptor is told as "access denied", a full one as an I/O error.
        }
    }
}
