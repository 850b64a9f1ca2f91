using System.Text.Json;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

public sealed class UpTests(SharedState state)
{
    [Fact]
    public async Task Serves_EveryEndpointThatItPrints()
    {
        await using var program = RunningProgram.StartCasemate(
            state.Environment, "up", "-o", "json", "--listen", "127.0.0.1:0", "--guest-port", "0", "--secret", "greeting=hello");
        await program.ErrorLineAsync("ready");
        await program.OutputLineAsync("}");                                 // the two streams are read side by side
        using var endpoints = JsonDocument.Parse(program.Output);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        foreach (var name in new[] { "jwks", "health", "readiness", "metrics" })
        {
            Assert.Equal("", (await http.GetAsync(Address(name))).IsSuccessStatusCode ? "" : name);
        }

        Assert.Equal("hello", await http.GetStringAsync(new Uri(Address("guestApi"), "/cdh/resource/default/secret/greeting")));
        Assert.True(File.Exists(endpoints.RootElement.GetProperty("simulatorRoots").GetString()));
        Assert.Equal("casemate/v1", endpoints.RootElement.GetProperty("apiVersion").GetString());

        program.Send(RunningProgram.Signal.Interrupt);
        var result = await program.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("secret default/secret/greeting released", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("verdict: SIMULATED - not hardware evidence\n", result.Error, StringComparison.Ordinal);

        Uri Address(string name) => new(endpoints.RootElement.GetProperty(name).GetString()!);
    }

    [Fact]
    public async Task Prints_ATableForPeople()
    {
        await using var program = RunningProgram.StartCasemate(state.Environment, "up", "--listen", "127.0.0.1:0", "--guest-port", "0");
        await program.ErrorLineAsync("ready");
        await program.OutputLineAsync("simulator's roots");

        Assert.Contains("key broker          http://127.0.0.1:", program.Output, StringComparison.Ordinal);
        Assert.Contains("guest API           http://127.0.0.1:", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_ToListenBeyondThisMachine()
    {
        var result = await state.CasemateAsync("up", "--listen", "0.0.0.0:0", "--guest-port", "0");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("casemate up serves plain HTTP", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }
}
