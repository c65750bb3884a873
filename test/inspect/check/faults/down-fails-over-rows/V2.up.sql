alter table people alter name drop not null, alter name drop default;
