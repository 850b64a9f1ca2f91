namespace Casemate.Node.Health;

/// <summary>What to do about a problem with the hardware: one sentence, for logs and Events.</summary>
internal static class HealthRemedy
{
    /// <summary>The sentence of a kind of problem.</summary>
    public static string Of(HealthProblemId id) => id switch
    {
        HealthProblemId.DeviceGone =>
            "Load the driver again and see that the device is mounted into the agent; pods get it back by themselves.",
        HealthProblemId.DeviceChanged => "Restart the containers that hold the former device; new ones get the present one.",
        HealthProblemId.EpcGone => "Look for sgx in the kernel's log; the driver may have been unloaded.",
        HealthProblemId.EpcTotalChanged => "Nothing is to be done where the machine was resized; else look for sgx in the kernel's log.",
        HealthProblemId.EpcLeaked => "Drain the node and start the machine again; until then the rest is offered.",
        HealthProblemId.LimitHit => "Raise the limit of the pod that hit it, or its request.",
        _ => throw new InvalidOperationException($"Problem {id} has no remedy."),
    };
}
