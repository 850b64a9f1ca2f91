using System.Runtime.InteropServices;

namespace Casemate.Cli.Run;

/// <summary>
/// Passes the signals that this process gets on to the workload, for as long as it lives. What arrives before the workload has
/// started is kept and sent then, so that an early Ctrl-C is not lost.
/// </summary>
internal sealed class ForwardedSignals : IDisposable
{
    // Signal numbers of Linux. SIGKILL and SIGSTOP cannot be caught; SIGWINCH comes from the terminal to the whole group; stops
    // and continuations are the shell's business with the group.
    private static readonly int[] Numbers = [1, 2, 3, 10, 12, 15];          // HUP, INT, QUIT, USR1, USR2, TERM
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly List<int> _early = [];
    private readonly Lock _changing = new();
    private int _workload;
    private bool _over;

    public ForwardedSignals()
    {
        foreach (var number in Numbers)
        {
            // Positive numbers of PosixSignal are raw signal numbers of the system.
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                Pass(number);
            }));
        }
    }

    /// <summary>From now on signals go to this process, first those that came before.</summary>
    public void SendTo(int workload)
    {
        lock (_changing)
        {
            _workload = workload;
            foreach (var number in _early)
            {
                PosixCalls.Send(workload, number);
            }

            _early.Clear();
        }
    }

    /// <summary>The workload is gone: its number may belong to another process soon. Signals now only keep us from dying halfway.</summary>
    public void WorkloadEnded()
    {
        lock (_changing)
        {
            _over = true;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Pass(int number)
    {
        lock (_changing)
        {
            // Ctrl-C and Ctrl-\ at a terminal have reached the workload already; a second one would look like impatience.
            if (_over || (number is 2 or 3 && _workload != 0 && PosixCalls.IsInTerminalForeground()))
            {
                return;
            }

            if (_workload == 0)
            {
                _early.Add(number);
            }
            else
            {
                PosixCalls.Send(_workload, number);
            }
        }
    }
}
