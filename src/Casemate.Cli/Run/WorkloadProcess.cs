using System.ComponentModel;
using System.Diagnostics;

namespace Casemate.Cli.Run;

/// <summary>Runs the workload with our standard streams and waits for its end.</summary>
internal static class WorkloadProcess
{
    // util-linux's setpriv asks the kernel to kill the workload when we die, however we die; then it becomes the workload. Between
    // fork and exec nothing managed can run, so this cannot be done from here. Where it is missing, an orphan may survive a SIGKILL.
    private static readonly string[] SetprivPaths = ["/usr/bin/setpriv", "/bin/setpriv"];

    /// <summary>Runs it.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="environment">Variables to add to our own environment.</param>
    /// <param name="signals">Told when the workload starts and ends.</param>
    /// <returns>Its exit code; 128 and the signal's number when a signal ended it.</returns>
    /// <exception cref="CliException">It could not be started (exit code 3).</exception>
    public static Task<int> RunAsync(
        WorkloadCommand command, IReadOnlyDictionary<string, string> environment, ForwardedSignals signals)
    {
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

        // The kernel's promise is bound to the thread that starts the workload, so that thread must live as long as the workload
        // does; threads of the pool come and go.
        var thread = new Thread(() =>
        {
            try
            {
                ended.SetResult(Run(Describe(command, environment), signals));
            }
            catch (Win32Exception exception)
            {
                ended.SetException(CliException.BadInput($"{command.Path} cannot be started: {exception.Message}", cause: exception));
            }
            catch (Exception exception)
            {
                ended.SetException(exception);                 // Whatever it is, it belongs to whoever awaits the workload.
            }
        });
        thread.IsBackground = true;
        thread.Name = "workload";
        thread.Start();
        return ended.Task;
    }

    private static int Run(ProcessStartInfo start, ForwardedSignals signals)
    {
        using var process = Process.Start(start)!;
        signals.SendTo(process.Id);
        process.WaitForExit();
        signals.WorkloadEnded();
        return process.ExitCode;
    }

    private static ProcessStartInfo Describe(WorkloadCommand command, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo { UseShellExecute = false, FileName = command.Path };
        if (Array.Find(SetprivPaths, File.Exists) is { } setpriv)
        {
            start.FileName = setpriv;
            start.ArgumentList.Add("--pdeathsig");
            start.ArgumentList.Add("KILL");
            start.ArgumentList.Add("--");
            start.ArgumentList.Add(command.Path);
        }

        foreach (var argument in command.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
