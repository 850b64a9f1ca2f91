namespace Casemate.Node.Enforcement;

/// <summary>Enforcement of EPC limits at one moment.</summary>
/// <param name="State">Whether, and if not, why.</param>
/// <param name="Message">The same for people: one sentence.</param>
public sealed record EpcEnforcementStatus(EpcEnforcementState State, string Message)
{
    /// <summary>Limits are accounting: the kernel enforces none.</summary>
    public static EpcEnforcementStatus NoController { get; } = new(
        EpcEnforcementState.NoController, "EPC limits are scheduling accounting: this kernel enforces none.");

    /// <summary>Limits are accounting, by choice.</summary>
    public static EpcEnforcementStatus Off { get; } = new(
        EpcEnforcementState.Off,
        "EPC limits are scheduling accounting: the kernel has an EPC controller, and this agent is told not to set limits; another NRI "
            + "plugin may.");

    /// <summary>What to expect of an agent on a machine, as far as that can be told without connecting to the runtime.</summary>
    /// <param name="settings">The agent's settings.</param>
    /// <param name="enforcementPossible">Whether the kernel has an EPC controller.</param>
    public static EpcEnforcementStatus Expect(EpcEnforcementSettings settings, bool enforcementPossible)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return (enforcementPossible, settings) switch
        {
            (false, _) => NoController,
            (_, { Mode: EpcEnforcementMode.Off } or { NriSocket: null }) => Off,
            (_, { NriSocket: { } socket }) when File.Exists(socket) => new EpcEnforcementStatus(
                EpcEnforcementState.Active, $"EPC limits will be enforced through the runtime's NRI at {socket}."),
            (_, { NriSocket: var socket }) => new EpcEnforcementStatus(
                EpcEnforcementState.NoRuntime,
                $"EPC limits are scheduling accounting: the kernel has an EPC controller, and the runtime has no NRI socket at {socket}."),
        };
    }

    /// <summary>True where containers get limits.</summary>
    public bool IsActive => State is EpcEnforcementState.Active;
}
