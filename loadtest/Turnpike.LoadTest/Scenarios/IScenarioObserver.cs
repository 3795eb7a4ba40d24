namespace Turnpike.LoadTest.Scenarios;

/// <summary>Told on the generator's thread how a run goes: what it does there delays packets, so it hands on and returns.</summary>
internal interface IScenarioObserver
{
    /// <summary>What the run does from now on: "making allocations", "traffic", "deleting".</summary>
    void OnPhase(string what);

    /// <summary>A second of the measured time is over and its late packets had their time; the last interval may be shorter.</summary>
    void OnInterval(Interval interval);
}
