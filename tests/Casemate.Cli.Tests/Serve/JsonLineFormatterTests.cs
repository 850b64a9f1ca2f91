using System.Text.Json;
using Casemate.Cli.Serve;
using Casemate.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Serve;

public sealed class JsonLineFormatterTests
{
    private static readonly ManualTimeProvider s_time = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 89, TimeSpan.Zero));

    [Fact]
    public void WritesOneLine_WithTheMembersOfTheFrameworksFormatter()
    {
        var line = Write([new("Peer", "pod \"a\"\n"), new("Bytes", 4711), new("{OriginalFormat}", "{Peer} {Bytes}")], null);

        Assert.Equal(
            """{"Timestamp":"2026-03-04T05:06:07.089Z","EventId":3411,"LogLevel":"Warning","Category":"Casemate.Quoting","Message":"formatted","""
                + "\"State\":{\"Message\":\"the state\",\"Peer\":\"pod \\u0022a\\u0022\\n\",\"Bytes\":4711,"
                + "\"{OriginalFormat}\":\"{Peer} {Bytes}\"}}" + Environment.NewLine,
            line);
    }

    [Fact]
    public void KeepsNumbersAsNumbers_AndEverythingElseAsTextOfNoCulture()
    {
        var line = Write(
            [
                new("flag", true), new("half", 0.5), new("most", ulong.MaxValue), new("price", 1.25m), new("nothing", null),
                new("notANumber", double.NaN), new("time", TimeSpan.FromSeconds(1.5)), new("level", LogLevel.Error), new("least", long.MinValue),
            ],
            null);

        using var document = JsonDocument.Parse(line);
        var state = document.RootElement.GetProperty("State");
        Assert.True(state.GetProperty("flag").GetBoolean());
        Assert.Equal(0.5, state.GetProperty("half").GetDouble());
        Assert.Equal(ulong.MaxValue, state.GetProperty("most").GetUInt64());
        Assert.Equal(1.25m, state.GetProperty("price").GetDecimal());
        Assert.Equal(JsonValueKind.Null, state.GetProperty("nothing").ValueKind);
        Assert.Equal("NaN", state.GetProperty("notANumber").GetString());
        Assert.Equal("00:00:01.5000000", state.GetProperty("time").GetString());
        Assert.Equal("Error", state.GetProperty("level").GetString());
        Assert.Equal(long.MinValue, state.GetProperty("least").GetInt64());
    }

    [Fact]
    public void WritesTheExceptionInTheSameLine()
    {
        var line = Write([], new InvalidOperationException("first\nsecond"));

        Assert.Equal(line.Length - Environment.NewLine.Length, line.IndexOf('\n', StringComparison.Ordinal));
        using var document = JsonDocument.Parse(line);
        Assert.StartsWith(
            "System.InvalidOperationException: first", document.RootElement.GetProperty("Exception").GetString(), StringComparison.Ordinal);
    }

    private static string Write(IReadOnlyList<KeyValuePair<string, object?>> values, Exception? exception)
    {
        using var target = new StringWriter();
        var entry = new LogEntry<State>(
            LogLevel.Warning, "Casemate.Quoting", new EventId(3411), new State(values), exception, (_, _) => "formatted");
        new JsonLineFormatter(s_time).Write(entry, null, target);
        return target.ToString();
    }

    private sealed class State(IReadOnlyList<KeyValuePair<string, object?>> values) : List<KeyValuePair<string, object?>>(values)
    {
        public override string ToString() => "the state";
    }
}
