using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Casemate.Node.Bench;

/// <summary>
/// The published agent, as a process of its own, with a kubelet that somebody else runs. What it registers is seen in its log, what the
/// kubelet made of it in the kubelet's own checkpoint.
/// </summary>
internal static class RealKubeletRun
{
    private const int RegisteredEvent = 3620;
    private const string Checkpoint = "kubelet_internal_checkpoint";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <param name="program">The published program.</param>
    /// <param name="machine">What it is to find.</param>
    /// <param name="kubelet">The kubelet's directory: <c>/var/lib/kubelet</c>.</param>
    /// <param name="rest">How long it rests until its memory is measured.</param>
    /// <returns>Milliseconds from the start of the process, and its memory after the rest in megabytes.</returns>
    public static async Task<(double Registered, double Listed, double Resident, double Anonymous)> MeasureAsync(
        string program, MeasuredMachine machine, string kubelet, TimeSpan rest)
    {
        var directory = Directory.CreateTempSubdirectory("casemate-").FullName;
        machine.Write(Path.Combine(directory, "machine"));
        var wanted = new HashSet<string>(StringComparer.Ordinal) { "sgx.intel.com/enclave", "sgx.intel.com/provision", machine.Resource };
        var registered = new TaskCompletionSource<double>(TaskCreationOptions.RunContinuationsAsynchronously);
        var missing = new HashSet<string>(wanted, StringComparer.Ordinal);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(
            program,
            [
                "node", "--simulate", Path.Combine(directory, "machine"), "--kubelet-dir", kubelet, "--http", Path.Combine(directory, "http.sock"),
            ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            var atRegistered = await registered.Task.WaitAsync(s_limit);
            while (!HasAll(Path.Combine(kubelet, "device-plugins", Checkpoint), wanted, machine))
            {
                if (clock.Elapsed > s_limit)
                {
                    throw new TimeoutException($"the kubelet of {kubelet} does not know every device after {s_limit.TotalSeconds} s");
                }

                await Task.Delay(1);
            }

            var atListed = clock.Elapsed.TotalMilliseconds;
            await Task.Delay(rest);
            var (resident, anonymous) = ProcessMemory.Of(process);
            return (atRegistered, atListed, resident, anonymous);
        }
        finally
        {
            // SIGTERM, as the kubelet ends it.
            using (var kill = Process.Start("kill", [process.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync();
            }

            await process.WaitForExitAsync();
            Directory.Delete(directory, recursive: true);
        }

        void Hear(string? line)
        {
            if (line is null || !line.Contains($"{RegisteredEvent}", StringComparison.Ordinal))
            {
                return;
            }

            lock (missing)
            {
                missing.RemoveWhere(resource => line.Contains(resource, StringComparison.Ordinal));
                if (missing.Count == 0)
                {
                    registered.TrySetResult(clock.Elapsed.TotalMilliseconds);
                }
            }
        }
    }

    // The kubelet writes it whenever a list came; the agent before this one left its devices in it until its lists are replaced.
    private static bool HasAll(string path, IEnumerable<string> resources, MeasuredMachine machine)
    {
        try
        {
            using var checkpoint = JsonDocument.Parse(File.ReadAllBytes(path));
            var known = checkpoint.RootElement.GetProperty("Data").GetProperty("RegisteredDevices");
            return resources.All(resource => known.TryGetProperty(resource, out var devices)
                && devices.GetArrayLength() == (resource == machine.Resource ? machine.AllocatableDevices : 110));
        }
        catch (Exception exception) when (exception is IOException or JsonException or KeyNotFoundException)
        {
            return false;                                                  // it is written anew at this moment
        }
    }
}
