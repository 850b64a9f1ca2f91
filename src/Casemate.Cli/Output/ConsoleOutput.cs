using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Output;

/// <summary>
/// Where a command's words go: results to standard output in the chosen format, notes, progress and errors to standard error.
/// </summary>
internal sealed class ConsoleOutput
{
    private const int WidthWithoutTerminal = 120;

    // Hashes, paths and quotation marks stay readable; the document is never embedded in HTML.
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonWriterOptions JsonLineOptions = JsonOptions with { Indented = false };

    private readonly bool _colorOut;
    private readonly bool _colorError;

    private ConsoleOutput(CasemateInvocation invocation, OutputFormat format, bool quiet, bool verbose, bool color)
    {
        Out = invocation.Output;
        Error = invocation.Error;
        Format = format;
        Quiet = quiet;
        Verbose = verbose;
        Debug = invocation.Environment("CASEMATE_DEBUG") == "1";
        Width = WidthOf(invocation);
        _colorOut = color && invocation.OutputIsTerminal;
        _colorError = color && invocation.ErrorIsTerminal;
    }

    /// <summary>Standard output: the result and nothing else.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error: notes, progress, errors.</summary>
    public TextWriter Error { get; }

    /// <summary>The format asked for with <c>-o</c>.</summary>
    public OutputFormat Format { get; }

    /// <summary>Whether notes are left out (<c>-q</c>).</summary>
    public bool Quiet { get; }

    /// <summary>Whether details are shown (<c>-v</c>).</summary>
    public bool Verbose { get; }

    /// <summary>Whether exceptions are shown in full (<c>CASEMATE_DEBUG=1</c>).</summary>
    public bool Debug { get; }

    /// <summary>Columns to wrap at: the terminal's, or COLUMNS, or 120.</summary>
    public int Width { get; }

    /// <summary>Makes the output of one run.</summary>
    public static ConsoleOutput Create(ParseResult arguments, CasemateInvocation invocation)
    {
        var color = !GlobalOptions.IsWithoutColor(arguments) && MayHaveColor(invocation);
        return new ConsoleOutput(
            invocation, GlobalOptions.FormatOf(arguments), GlobalOptions.IsQuiet(arguments), GlobalOptions.IsVerbose(arguments), color);
    }

    /// <summary>Makes the output for a command line that could not be parsed, so that no option of it can be asked for.</summary>
    public static ConsoleOutput CreateWithoutArguments(CasemateInvocation invocation) =>
        new(invocation, OutputFormat.Table, quiet: false, verbose: false, MayHaveColor(invocation));

    /// <summary>Colours <paramref name="text"/> for standard output, if that is a terminal that may have colours.</summary>
    public string Paint(Tone tone, string text) => _colorOut ? Colored(tone, text) : text;

    /// <summary>Colours <paramref name="text"/> for standard error, if that is a terminal that may have colours.</summary>
    public string PaintError(Tone tone, string text) => _colorError ? Colored(tone, text) : text;

    /// <summary>A line of account on standard error; nothing with <c>-q</c>.</summary>
    public void Note(string text)
    {
        if (!Quiet)
        {
            Error.WriteLine(PaintError(Tone.Faint, text));
        }
    }

    /// <summary>A line of detail on standard error; only with <c>-v</c>.</summary>
    public void Detail(string text)
    {
        if (Verbose)
        {
            Error.WriteLine(PaintError(Tone.Faint, text));
        }
    }

    /// <summary>A line that the reader should see even with <c>-q</c>.</summary>
    public void Warn(string text) => Error.WriteLine($"{PaintError(Tone.Caution, "warning:")} {text}");

    /// <summary>Writes the result as one JSON object, or the same as YAML.</summary>
    /// <param name="writeMembers">Writes the members; the braces are written here.</param>
    public void WriteDocument(Action<Utf8JsonWriter> writeMembers)
    {
        var json = ToJson(writeMembers, JsonOptions);
        if (Format is OutputFormat.Yaml)
        {
            Out.Write(YamlText.FromJson(json));
        }
        else
        {
            Out.WriteLine(Encoding.UTF8.GetString(json.Span));
        }
    }

    /// <summary>
    /// Writes one of several results: a JSON object on one line (JSON lines), or a YAML document that starts with <c>---</c>. It is
    /// flushed at once, so that whoever reads along need not wait for the next.
    /// </summary>
    /// <param name="writeMembers">Writes the members; the braces are written here.</param>
    public void WriteDocumentOfMany(Action<Utf8JsonWriter> writeMembers)
    {
        var json = ToJson(writeMembers, JsonLineOptions);
        if (Format is OutputFormat.Yaml)
        {
            Out.Write("---\n");
            Out.Write(YamlText.FromJson(json));
        }
        else
        {
            Out.WriteLine(Encoding.UTF8.GetString(json.Span));
        }

        Out.Flush();
    }

    private static ReadOnlyMemory<byte> ToJson(Action<Utf8JsonWriter> writeMembers, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    // Present and not empty, whatever its value (no-color.org).
    private static bool MayHaveColor(CasemateInvocation invocation) => string.IsNullOrEmpty(invocation.Environment("NO_COLOR"));

    private static int WidthOf(CasemateInvocation invocation)
    {
        if (int.TryParse(invocation.Environment("COLUMNS"), out var columns) && columns is >= 20 and <= 1000)
        {
            return columns;
        }

        return invocation.TerminalWidth is { } width ? Math.Clamp(width, 20, 1000) : WidthWithoutTerminal;
    }

    private static string Colored(Tone tone, string text) => tone switch
    {
        Tone.Strong => $"\u001b[1m{text}\u001b[0m",
        Tone.Faint => $"\u001b[2m{text}\u001b[0m",
        Tone.Good => $"\u001b[32m{text}\u001b[0m",
        Tone.Caution => $"\u001b[33m{text}\u001b[0m",
        Tone.Bad => $"\u001b[31m{text}\u001b[0m",
        _ => text,
    };
}
