using System.Runtime.InteropServices;

namespace Casemate.Cli.Run;

/// <summary>
/// What happens to signals while a workload runs: before it has started they cancel the start, then they go to the workload, and
/// after its end they are swallowed, so that the account is finished.
/// </summary>
internal sealed class ForwardedSignals : IDisposable
{
    private const int Interrupt = 2;
    private const int Quit = 3;

    // Signal numbers of Linux: HUP, INT, QUIT, USR1, USR2, TERM. KILL and STOP cannot be caught; WINCH comes from the terminal to
    // the whole group; stops and continuations are the shell's business with the group.
    private static readonly int[] Numbers = [1, Interrupt, Quit, 10, 12, 15];
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _starting = new();
    private readonly Lock _changing = new();
    private State _state;
    private int _workload;

    public ForwardedSignals()
    {
        foreach (var number in Numbers)
        {
            // Positive numbers of PosixSignal are raw signal numbers of the system.
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                Handle(number);
            }));
        }
    }

    private enum State
    {
        Starting,
        Running,
        Ended,
    }

    /// <summary>Cancelled by a signal that arrives before the workload has started.</summary>
    public CancellationToken Starting => _starting.Token;

    /// <summary>The signal that cancelled the start; 0 when none did.</summary>
    public int CancelledBy { get; private set; }

    /// <summary>From now on signals go to this process.</summary>
    public void SendTo(int workload)
    {
        lock (_changing)
        {
            (_state, _workload) = (State.Running, workload);
            if (CancelledBy != 0)
            {
                PosixCalls.Send(workload, CancelledBy);        // It came while the workload was being started.
            }
        }
    }

    /// <summary>The workload is gone: its number may soon belong to another process.</summary>
    public void WorkloadEnded()
    {
        lock (_changing)
        {
            _state = State.Ended;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _starting.Dispose();
    }

    private void Handle(int number)
    {
        var cancel = false;
        lock (_changing)
        {
            switch (_state)
            {
                case State.Starting:
                    CancelledBy = number;
                    cancel = true;
                    break;

                // Ctrl-C and Ctrl-\ at a terminal have reached the workload already; a second one would look like impatience.
                case State.Running when number is not (Interrupt or Quit) || !PosixCalls.IsInTerminalForeground():
                    PosixCalls.Send(_workload, number);
                    break;
                case State.Running:
                case State.Ended:
                    break;
                default:
                    throw new InvalidOperationException($"The state {_state} is not handled.");
            }
        }

        // Outside the lock: cancelling runs whatever waits for it.
        if (cancel)
        {
            _starting.Cancel();
        }
    }
}
