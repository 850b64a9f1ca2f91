using System.Text.Json;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>A <c>casemate collateral serve</c> of its own directory, on a free port.</summary>
internal sealed class RunningCollateralService : IAsyncDisposable
{
    private RunningCollateralService(RunningProgram program, string address) => (Program, Address) = (program, address);

    public RunningProgram Program { get; }

    public string Address { get; }

    /// <summary>Starts a service that accepts the simulator of the shared platform, and waits until it serves.</summary>
    public static async Task<RunningCollateralService> StartAsync(SharedState state, string store, params string[] arguments)
    {
        var program = RunningProgram.StartCasemate(
            state.Environment,
            [
                "collateral", "serve", "--store", store, "--listen", "127.0.0.1:0", "--allow-simulated", state.RootsFile, .. arguments,
            ]);
        try
        {
            using var line = JsonDocument.Parse(await program.ErrorLineAsync("\"EventId\":3500"));
            return new RunningCollateralService(
                program, line.RootElement.GetProperty("State").GetProperty("Address").GetString()!);
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as a power failure would.</summary>
    public async Task KillAsync()
    {
        Program.Send(RunningProgram.Signal.Kill);
        await Program.EndAsync();
    }

    public ValueTask DisposeAsync() => Program.DisposeAsync();
}
