using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Casemate.Cli.Serve;

/// <summary>
/// Writes an event of the log as one JSON object a line: Timestamp, EventId, LogLevel, Category, Message, Exception, State, as the
/// framework's own formatter does. That one takes its settings from a service container and a configuration tree only, which a
/// daemon would hold in memory for this alone.
/// </summary>
/// <param name="time">The clock of the timestamps.</param>
internal sealed class JsonLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>What it is called in the options of the console logger.</summary>
    public const string FormatterName = "json-line";

    // The round-trip form begins with what is written: milliseconds, and 'Z' follows. Forms of one's own cost 3 ms when a service starts,
    // since what reads them cannot be compiled ahead.
    private const int RoundTripLength = 28;
    private const int UpToMilliseconds = 23;

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter?.Invoke(logEntry.State, logEntry.Exception);
        if (message is null && logEntry.Exception is null)
        {
            return;
        }

        WriteLine(logEntry.EventId.Id, logEntry.LogLevel, logEntry.Category, message, logEntry.Exception, logEntry.State, textWriter);
    }

    // Once for all types of state, not once for each.
    private void WriteLine(
        int eventId, LogLevel level, string category, string? message, Exception? exception, object? state, TextWriter target)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            WriteTimestamp(json, time.GetUtcNow().UtcDateTime);
            json.WriteNumber("EventId"u8, eventId);
            json.WriteString("LogLevel"u8, NameOf(level));
            json.WriteString("Category"u8, category);
            json.WriteString("Message"u8, message);
            if (exception is not null)
            {
                json.WriteString("Exception"u8, exception.ToString());
            }

            if (state is not null)
            {
                WriteState(json, state);
            }

            json.WriteEndObject();
        }

        target.WriteLine(Encoding.UTF8.GetString(bytes.WrittenSpan));
    }

    private static void WriteTimestamp(Utf8JsonWriter json, DateTime instant)
    {
        Span<byte> text = stackalloc byte[RoundTripLength];
        instant.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[UpToMilliseconds] = (byte)'Z';
        json.WriteString("Timestamp"u8, text[..(UpToMilliseconds + 1)]);
    }

    private static void WriteState(Utf8JsonWriter json, object state)
    {
        json.WriteStartObject("State"u8);
        json.WriteString("Message"u8, state.ToString());
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            for (var i = 0; i < values.Count; i++)
            {
                WriteValue(json, values[i].Key, values[i].Value);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int or long or short or sbyte or byte or ushort or uint:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case decimal number:
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "Trace",
        LogLevel.Debug => "Debug",
        LogLevel.Information => "Information",
        LogLevel.Warning => "Warning",
        LogLevel.Error => "Error",
        LogLevel.Critical => "Critical",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Not a level that is logged."),
    };
}
