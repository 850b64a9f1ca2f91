namespace Casemate.Node.NodeObject;

/// <summary>What becomes of a node that was not attested in time.</summary>
public enum StartupDeadlineAction
{
    /// <summary>It stays closed to pods; an Event and a metric say so.</summary>
    Keep = 0,

    /// <summary>It is opened to pods although nobody attested it. The label and the condition still say that it is not attested.</summary>
    AdmitUnattested,
}
