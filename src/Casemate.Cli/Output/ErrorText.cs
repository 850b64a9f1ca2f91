using System.Net.Sockets;
using System.Text;
using Casemate.Cli.Image;
using Casemate.Collateral;
using Casemate.Collateral.Store;
using Casemate.Oci;
using Casemate.Primitives.Text;
using Casemate.Quoting.Aesm;

namespace Casemate.Cli.Output;

/// <summary>Turns whatever ended a command into one line (and, where there is one, the remedy) and an exit code.</summary>
internal static class ErrorText
{
    /// <summary>Writes the error.</summary>
    /// <returns>The exit code to end with.</returns>
    public static int Write(Exception exception, ConsoleOutput console)
    {
        var (code, message, remedy) = Describe(exception);
        console.Error.WriteLine($"{console.PaintError(Tone.Bad, "casemate:")} {OneLine(message)}");
        foreach (var finding in (exception as CliException)?.Findings ?? [])
        {
            console.Error.WriteLine($"  - {OneLine(finding)}");
        }

        if (remedy is not null)
        {
            console.Error.WriteLine($"  {OneLine(remedy)}");
        }

        if (console.Debug)
        {
            console.Error.WriteLine(exception);
        }

        return code;
    }

    private static (int Code, string Message, string? Remedy) Describe(Exception exception) => exception switch
    {
        CliException known => (known.ExitCode, known.Message, known.Remedy),
        MalformedInputException malformed => (ExitCode.BadInput, malformed.Message, malformed.Remedy),
        CollateralStoreException store => (
            ExitCode.BadInput, store.Message, store.Remedy ?? "Check the permissions of the directory and the space on its disk."),
        OciException image => OciErrorText.Describe(image),
        AesmClientException aesm => (ExitCode.Unreachable, aesm.Message, aesm.Remedy),
        HttpRequestException or SocketException => (ExitCode.Unreachable, exception.Message, null),
        TimeoutException => (ExitCode.Unreachable, exception.Message, null),

        // How HttpClient tells that its own deadline passed.
        OperationCanceledException { InnerException: TimeoutException deadline } => (ExitCode.Unreachable, deadline.Message, null),
        IOException or UnauthorizedAccessException => (
            ExitCode.BadInput, exception.Message,
            "Look at the permissions of that place and the space on its disk; --help lists the options that name files and directories."),
        _ => (
            ExitCode.InternalError,
            $"internal error ({exception.GetType().Name}): {exception.Message}",
            "This is a fault in Casemate. Run again with CASEMATE_DEBUG=1 for the detail to report."),
    };

    /// <summary>The message of an exception about an argument, without the name of a parameter that .NET puts behind it.</summary>
    public static string Reason(ArgumentException exception)
    {
        var behind = exception.ParamName is { } name ? exception.Message.LastIndexOf($" (Parameter '{name}')", StringComparison.Ordinal) : -1;
        return (behind < 0 ? exception.Message : exception.Message[..behind]).TrimEnd('.');
    }

    /// <summary>The same text with a question mark in place of every character that does not stand for itself on a terminal.</summary>
    public static string Harmless(string text) => text.Any(UnseenCharacter.Is)
        ? string.Create(text.Length, text, static (shown, source) =>
        {
            for (var i = 0; i < shown.Length; i++)
            {
                shown[i] = UnseenCharacter.Is(source[i]) ? '?' : source[i];
            }
        })
        : text;

    /// <summary>
    /// The same words on one line. Parts of a message may come from a file or a peer, so control characters become spaces.
    /// </summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            var shown = UnseenCharacter.Is(character) ? ' ' : character;
            if (shown != ' ' || (line.Length > 0 && line[^1] != ' '))
            {
                line.Append(shown);
            }
        }

        return line.ToString();
    }
}
